/**
 * What a mirror costs the port that is mirrored: both directions copied to a tap port on the same host and on a third one,
 * against a port that is not mirrored, on one host and across two.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab, type Running, uniqueName, until } from "../kit/mod.ts";
import { compare, measureInTurn } from "./datapath.ts";
import { buildNetload, type LoadTest, type Path, startServer, untilCarrying } from "./netload.ts";
import type { Row } from "./row.ts";

const TESTS: readonly LoadTest[] = ["stream", "rr", "crr"];
const PROMISED = { atLeast: 0.9 };
const CLIENTS = { plain: undefined, "mirrored here": "tap1", "mirrored to another host": "tap3" } as const;
const SERVERS = { "same host": "near", "across hosts": "far" } as const;

async function startLab(): Promise<Lab> {
  const container = (host: string, network = "tenant") => ({ kind: "container" as const, host, network });
  return Lab.start(uniqueName("cbb"), {
    hosts: { a: {}, b: {}, c: {} },
    networks: { tenant: { subnets: ["10.9.0.0/24"] }, watch: { subnets: ["10.8.0.0/24"] } },
    workloads: {
      ...Object.fromEntries(Object.keys(CLIENTS).map((name) => [idOf(name), container("a")])),
      near: container("a"),
      far: container("b"),
      tap1: container("a", "watch"),
      tap3: container("c", "watch"),
    },
  });
}

const idOf = (name: string) => name.replaceAll(" ", "-");

async function mirror(lab: Lab, source: string, tap: string): Promise<void> {
  const service = await lab.neutron.create("tap_service", { port_id: lab.entry(tap).port.id });
  const about = { tap_service_id: service.id, source_port: lab.entry(source).port.id, direction: "BOTH" };
  const { id } = await lab.neutron.create("tap_flow", about);
  await until("the mirror to be in force", async () => (await lab.neutron.show("tap_flow", id)).status === "ACTIVE");
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
  try {
    for (const [client, tap] of Object.entries(CLIENTS)) if (tap !== undefined) await mirror(lab, idOf(client), tap);
    const places = Object.keys(SERVERS) as (keyof typeof SERVERS)[];
    const paths: Path[] = [];
    for (const where of places) {
      const server = startServer(lab.entry(SERVERS[where]).netns, join(directory, "netload.log"));
      servers.push(server);
      for (const client of Object.keys(CLIENTS)) {
        const path = pathOf(lab, client, where);
        await untilCarrying(path, server);
        paths.push(path);
      }
    }
    const results = await measureInTurn(paths, log, { tests: TESTS });
    return places.flatMap((where) =>
      ["mirrored here", "mirrored to another host"].flatMap((client) =>
        TESTS.map((test) => compare(results, `${client} ${where}`, `plain ${where}`, test, PROMISED)),
      ),
    );
  } finally {
    for (const server of servers) await server.stop();
    await lab.down();
    await rm(directory, { recursive: true });
  }
}
