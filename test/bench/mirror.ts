/**
 * What a mirror costs the port that is mirrored: both directions copied to a tap port on the same host, and in tunnels to
 * another machine, against a port that is not mirrored, on one host and across two. The other machine drops what it gets at
 * its card: on this one machine its work would be counted as the mirrored port's host's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab, makeNetns, mustIn, type Running, removeNetns, uniqueName, until } from "../kit/mod.ts";
import { compare, measureInTurn } from "./datapath.ts";
import { buildNetload, type LoadTest, type Path, startServer, untilCarrying } from "./netload.ts";
import type { Row } from "./row.ts";

const TESTS: readonly LoadTest[] = ["stream", "rr", "crr"];
const ABSENT_MAC = "02:00:00:00:0a:aa";
const PROMISED = { atLeast: 0.9 };
const MIRRORED = ["mirrored here", "mirrored to another machine"] as const;
const CLIENTS = ["plain", ...MIRRORED] as const;
const SERVERS = { "same host": "near", "across hosts": "far" } as const;

async function startLab(): Promise<Lab> {
  const container = (host: string, network = "tenant") => ({ kind: "container" as const, host, network });
  return Lab.start(uniqueName("cbb"), {
    hosts: { a: {}, b: {} },
    networks: { tenant: { subnets: ["10.9.0.0/24"] }, watch: { subnets: ["10.8.0.0/24"] } },
    workloads: {
      ...Object.fromEntries(CLIENTS.map((name) => [idOf(name), container("a")])),
      near: container("a"),
      far: container("b"),
      tap: container("a", "watch"),
    },
  });
}

const idOf = (name: string) => name.replaceAll(" ", "-");

async function mirrorToTap(lab: Lab, source: string): Promise<void> {
  const service = await lab.neutron.create("tap_service", { port_id: lab.entry("tap").port.id });
  const about = { tap_service_id: service.id, source_port: lab.entry(source).port.id, direction: "BOTH" };
  const { id } = await lab.neutron.create("tap_flow", about);
  await until("the mirror to be in force", async () => (await lab.neutron.show("tap_flow", id)).status === "ACTIVE");
}

/** Returns how to take the machine away. */
async function mirrorToMachine(lab: Lab, source: string): Promise<() => Promise<unknown>> {
  const netns = `${lab.name}-collector`;
  const { netns: host, underlay } = lab.host("a");
  const remote_ip = underlay.ip4.replace(/\d+$/, "200");
  await makeNetns(netns);
  const plug = await lab.wire.plug({ netns, name: "eth0" });
  // To a MAC that the switch has there and the machine has not: its card's kernel looks at that, and no further.
  await mustIn(lab.wire.netns, ["bridge", "fdb", "add", ABSENT_MAC, "dev", plug, "master", "static"]);
  await mustIn(host, ["ip", "neigh", "replace", remote_ip, "lladdr", ABSENT_MAC, "dev", "eth0", "nud", "permanent"]);
  const about = { port_id: lab.entry(source).port.id, directions: { BOTH: 70_000 }, remote_ip, mirror_type: "vxlan" };
  await lab.neutron.create("tap_mirror", about);
  const isThere = async () => (await lab.host("a").dump()).some((line) => line.includes(`remote=${remote_ip}`));
  await until("the mirror to be in force", isThere);
  return () => removeNetns(netns);
}

const pathOf = (lab: Lab, client: string, where: keyof typeof SERVERS): Path => ({
  name: `${client} ${where}`,
  clientNetns: lab.entry(idOf(client)).netns,
  serverNetns: lab.entry(SERVERS[where]).netns,
  serverIp: lab.target(SERVERS[where]).ips[0] ?? "",
});

export async function mirrorBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  const servers: Running[] = [];
  log("making cable");
  const lab = await startLab();
  let remove = async (): Promise<unknown> => undefined;
  try {
    await mirrorToTap(lab, idOf(MIRRORED[0]));
    remove = await mirrorToMachine(lab, idOf(MIRRORED[1]));
    const places = Object.keys(SERVERS) as (keyof typeof SERVERS)[];
    const paths: Path[] = [];
    for (const where of places) {
      const server = startServer(lab.entry(SERVERS[where]).netns, join(directory, "netload.log"));
      servers.push(server);
      for (const client of CLIENTS) {
        const path = pathOf(lab, client, where);
        await untilCarrying(path, server);
        paths.push(path);
      }
    }
    const results = await measureInTurn(paths, log, { tests: TESTS });
    return places.flatMap((where) =>
      MIRRORED.flatMap((client) =>
        TESTS.map((test) => compare(results, `${client} ${where}`, `plain ${where}`, test, PROMISED)),
      ),
    );
  } finally {
    for (const server of servers) await server.stop();
    await remove();
    await lab.down();
    await rm(directory, { recursive: true });
  }
}
