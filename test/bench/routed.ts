/**
 * Cable's routed and NAT paths against its own switched one, on one host and across two: a router between two networks,
 * and from one floating IP to another, so that both ends of each packet are changed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addFloatingIp,
  addRouter,
  addRule,
  defaultGroup,
  Lab,
  type Running,
  setGateway,
  uniqueName,
} from "../kit/mod.ts";
import { compare, measureInTurn } from "./datapath.ts";
import { buildNetload, LOAD_TESTS, type Path, startServer, untilCarrying } from "./netload.ts";
import type { Promised, Row } from "./row.ts";

const PROMISED: Promised = { atLeast: 0.9 };
const SWITCHED = { host: "switched same host", across: "switched across hosts" };

async function startLab(): Promise<Lab> {
  const container = (host: string, network: string) => ({ kind: "container" as const, host, network });
  return Lab.start(uniqueName("cbb"), {
    hosts: { a: {}, b: {} },
    networks: {
      outer: { vlan: 400, subnets: ["192.0.2.0/24"], attributes: { "router:external": true } },
      red: { subnets: ["10.9.0.0/24"] },
      blue: { subnets: ["10.8.0.0/24"] },
    },
    workloads: {
      client: container("a", "red"),
      red2: container("a", "red"),
      red3: container("b", "red"),
      blue2: container("a", "blue"),
      blue3: container("b", "blue"),
    },
  });
}

async function pathsOf(lab: Lab): Promise<Path[]> {
  // Who comes by a floating IP is no member of any group.
  await addRule(lab, await defaultGroup(lab), {});
  const router = await addRouter(lab, "router", ["red", "blue"]);
  await setGateway(lab, router, "outer");
  await addFloatingIp(lab, "outer", "client");
  const path = (name: string, server: string, serverIp: string = lab.target(server).ips[0] ?? ""): Path => ({
    name,
    clientNetns: lab.entry("client").netns,
    serverNetns: lab.entry(server).netns,
    serverIp,
  });
  const floating = async (server: string) => (await addFloatingIp(lab, "outer", server)).floating_ip_address;
  return [
    path(SWITCHED.host, "red2"),
    path(SWITCHED.across, "red3"),
    path("routed same host", "blue2"),
    path("routed across hosts", "blue3"),
    path("NAT same host", "red2", await floating("red2")),
    path("NAT across hosts", "red3", await floating("red3")),
  ];
}

export async function routedBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  const servers = new Map<string, Running>();
  log("making cable");
  const lab = await startLab();
  try {
    const paths = await pathsOf(lab);
    for (const path of paths) {
      const server = servers.get(path.serverNetns) ?? startServer(path.serverNetns, join(directory, "netload.log"));
      servers.set(path.serverNetns, server);
      await untilCarrying(path, server);
    }
    const results = await measureInTurn(paths, log);
    return ["routed", "NAT"].flatMap((kind) =>
      Object.entries({ "same host": SWITCHED.host, "across hosts": SWITCHED.across }).flatMap(([where, switched]) =>
        LOAD_TESTS.map((test) => compare(results, `${kind} ${where}`, switched, test, PROMISED)),
      ),
    );
  } finally {
    for (const server of servers.values()) await server.stop();
    await lab.down();
    await rm(directory, { recursive: true });
  }
}
