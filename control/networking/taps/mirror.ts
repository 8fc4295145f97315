/** Tap mirrors: a port's packets in a tunnel to an address outside (neutron_taas/services/taas/tap_mirror_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Ip, type TapMirrorRecord } from "../../../model/mod.ts";
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

/** A mirror may use one tunnel for both directions. */
const tunnelKeys = ({ project_id, directions }: Pick<TapMirrorRecord, "project_id" | "directions">) =>
  new Map(Object.values(directions).map((tunnel) => [keys.mirrorTunnel(project_id, tunnel), tunnel]));

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
    mirror_type: attribute(body, "mirror_type", oneOf("gre", "erspanv1"), "gre"),
  };
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
