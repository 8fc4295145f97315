/** Balancers on two hosts: real connections to backends in each place, both families, and while backends come and go. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Ip, ipFamily } from "../../model/mod.ts";
import { buildNetload, type LoadTest, measure, type Path, startServer, untilCarrying } from "../bench/netload.ts";
import { type Balancers, type Front, openBalancers } from "../kit/balancers.ts";
import { addRouter, type Running, runIn, settled, testLab, until } from "../kit/mod.ts";

const container = (host: string, network: string) => ({ kind: "container" as const, host, network });
const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: {
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24", "fd00:2::/64"] },
  },
  workloads: {
    client: container("host1", "red"),
    red1: container("host1", "red"),
    red2: container("host2", "red"),
    blue1: container("host1", "blue"),
    blue2: container("host2", "blue"),
  },
});
const BACKENDS = ["red1", "red2", "blue1", "blue2", "client"];
const SECONDS = 0.2;
const SERVICE_PORT = 80;
const BACKEND_PORT = 7000;

let router: string;
let balancers: Balancers;
const servers = new Map<string, Running>();

const addressOf = (name: string, family: 4 | 6) =>
  lab()
    .target(name)
    .ips.find((ip) => ipFamily(ip as Ip) === family) as string;
/** The n-th balancer's own address. */
const front = (n: number, family: 4 | 6) => (family === 4 ? `10.96.0.${n}` : `fd00:96::${n}`);
/** The load's streams have a port of their own. */
const FRONTS = [
  { protocol: "tcp", more: 0 },
  { protocol: "tcp", more: 1 },
  { protocol: "udp", more: 0 },
] as const;
const fronts = (n: number, backends: readonly string[]): Front[] =>
  FRONTS.map(({ protocol, more }) => ({
    ips: [front(n, 4), front(n, 6)],
    protocol,
    port: SERVICE_PORT + more,
    backends: backends.flatMap((name) =>
      ([4, 6] as const).map((family) => ({ ip: addressOf(name, family), port: BACKEND_PORT + more })),
    ),
  }));
const pathTo = (n: number, family: 4 | 6): Path => ({
  name: `balancer ${n}, IPv${family}`,
  clientNetns: lab().entry("client").netns,
  serverNetns: "",
  serverIp: front(n, family),
  port: SERVICE_PORT,
});

test("a router between pods' networks has a balancer for each place of a backend", async () => {
  await buildNetload();
  router = await addRouter(lab(), "router", ["red", "blue"]);
  balancers = await openBalancers(lab());
  for (const name of BACKENDS)
    servers.set(name, startServer(lab().entry(name).netns, join(lab().directory, `${name}.log`)));
  await balancers.addMany(router, [...BACKENDS.map((name, n) => fronts(n + 1, [name])), fronts(99, [])]);
});
after(async () => {
  for (const server of servers.values()) await server.stop();
  await balancers?.close();
});

for (const [index, name] of BACKENDS.entries()) {
  for (const family of [4, 6] as const) {
    test(`from a pod to ${name} by a balancer, IPv${family}: streams, requests, connections and datagrams`, async () => {
      const path = pathTo(index + 1, family);
      await untilCarrying(path, servers.get(name) as Running);
      for (const kind of ["stream", "rr", "crr", "udp"] as LoadTest[]) {
        const { perSecond } = await measure(path, kind, SECONDS);
        assert.ok(perSecond > 0, `${kind}: ${perSecond} a second`);
      }
    });
  }
}

/** What a client of its is told. */
async function refusalOf(n: number, family: 4 | 6): Promise<string> {
  const { clientNetns, serverIp } = pathTo(n, family);
  const { stderr } = await runIn(clientNetns, ["busybox", "nc", "-w", "5", serverIp, `${SERVICE_PORT}`]);
  return stderr;
}

test("a balancer without backends refuses, and not by silence", async () => {
  for (const family of [4, 6] as const) assert.match(await refusalOf(99, family), /Connection refused/);
});

test("backends that come and go", async () => {
  const id = await balancers.add(router, fronts(50, []));
  for (const backends of [["red2"], ["blue1"], ["red1", "blue2"], ["client"]]) {
    await balancers.update(id, fronts(50, backends));
    for (const family of [4, 6] as const)
      await untilCarrying(pathTo(50, family), servers.get(backends[0] as string) as Running);
  }
  await balancers.update(id, fronts(50, []));
  await until("nobody to be there", async () => /refused/.test(await refusalOf(50, 4)) || undefined);
  await balancers.remove(id);
  // Hosts hear of it one after the other.
  await until("every host to have taken it away", async () => {
    const dumps = await Promise.all([...lab().hosts.values()].map((host) => host.dump()));
    return dumps.flat().some((line) => line.includes(`[ip=${front(50, 4)} `)) ? undefined : true;
  });
});

test("nothing changes when all is computed afresh", async () => {
  await settled(lab());
});
