/** Tap mirrors: a port's packets in a tunnel to an address outside (neutron_taas/services/taas/tap_mirror_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Ip, ipFamily, type TapMirrorRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, isIp, isObject, oneOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { ownPort, seesTap } from "./service.ts";

export const MIRRORS_OF_PORT = index("tap_mirror", ({ port_id }) => [port_id]);

type Tunnels = Pick<TapMirrorRecord, "project_id" | "directions" | "mirror_type">;

/** A mirror may use one tunnel for both directions. */
function tunnelKeys({ project_id, directions, mirror_type }: Tunnels): Map<string, number> {
  const tunnels = [...new Set(Object.values(directions))];
  const own = tunnels.map((tunnel) => [keys.mirrorTunnel(project_id, tunnel), tunnel] as const);
  // Were it a network's VNI, and the address another host's, the copies would be frames of that network.
  const vnis = mirror_type === "vxlan" ? tunnels.map((tunnel) => [keys.vni(tunnel), tunnel] as const) : [];
  return new Map([...own, ...vnis]);
}

/** What the field of a packet takes: GRE's key (RFC 2890), ERSPAN's session, a VNI (RFC 7348 section 5). */
const TUNNEL_IDS: Record<TapMirrorRecord["mirror_type"], [first: number, last: number]> = {
  gre: [0, 2 ** 32 - 1],
  erspanv1: [0, 2 ** 10 - 1],
  vxlan: [1, 2 ** 24 - 1],
};

/** One machine's, beyond the host that sends to it. */
function isOneMachines(ip: Ip): boolean {
  if (ipFamily(ip) === 6) return !/^(::1?$|ff[0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(ip);
  const first = Number(ip.slice(0, ip.indexOf(".")));
  return first !== 0 && first !== 127 && first < 224;
}

/** What a host would send to itself, or to everybody on its wire. @throws Fault InvalidInput */
function checkRemote({ remote_ip: ip }: TapMirrorRecord): void {
  if (isOneMachines(ip)) return;
  throw fault("InvalidInput", { error_message: `remote_ip ${ip} is not the address of one machine` });
}

/** @throws Fault InvalidInput */
function checkTunnelIds({ directions, mirror_type }: Tunnels): void {
  const [first, last] = TUNNEL_IDS[mirror_type];
  const wrong = Object.values(directions).find((tunnel) => tunnel < first || tunnel > last);
  if (wrong === undefined) return;
  const error_message = `tunnel id ${wrong} is not between ${first} and ${last}, as ${mirror_type} has them`;
  throw fault("InvalidInput", { error_message });
}

/** What receives the mirrors of a project tells them apart by their tunnels. @throws Fault TapMirrorTunnelConflict */
function claimTunnels(draft: Draft, mirror: TapMirrorRecord): void {
  for (const [key, tunnel_id] of tunnelKeys(mirror)) {
    draft.claim(key, mirror.id, () => fault("TapMirrorTunnelConflict", { tunnel_id }));
  }
}

/** Numbers may come as text; the validator has seen that they are whole. */
function readDirections(body: Attributes): TapMirrorRecord["directions"] {
  const directions = attribute(body, "directions", isObject, {});
  return Object.fromEntries(Object.entries(directions).map(([name, tunnel]) => [name, Number(tunnel)]));
}

function createMirror(env: Env, draft: Draft, caller: Caller, body: Attributes): TapMirrorRecord {
  const port = ownPort(draft, caller, body);
  const record: TapMirrorRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    port_id: port.id,
    directions: readDirections(body),
    remote_ip: attribute(body, "remote_ip", isIp, "" as Ip),
    mirror_type: attribute(body, "mirror_type", oneOf("gre", "erspanv1", "vxlan"), "gre"),
  };
  checkTunnelIds(record);
  checkRemote(record);
  claimTunnels(draft, record);
  draft.use("port", port.id, record.id);
  draft.create("tap_mirror", record.id, record);
  return record;
}

function updateMirror(env: Env, draft: Draft, current: TapMirrorRecord, changes: Attributes): TapMirrorRecord {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("tap_mirror", current.id, after);
  return after;
}

export function removeMirror(draft: Draft, mirror: TapMirrorRecord): void {
  for (const key of tunnelKeys(mirror).keys()) draft.release(key);
  draft.unuse("port", mirror.port_id, mirror.id);
  draft.remove("tap_mirror", mirror.id);
}

export function tapMirrorPlan(env: Env): ResourcePlan<"tap_mirror"> {
  return {
    create: (draft, caller, body) => createMirror(env, draft, caller, body),
    sees: seesTap,
    notFound: (mirror_id) => fault("TapMirrorNotFound", { mirror_id }),
    update: (draft, _caller, current, changes) => updateMirror(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeMirror(draft, current);
      return "done";
    },
  };
}
