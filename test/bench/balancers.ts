/**
 * By a balancer against straight to its backend, on one host and across two; and what a new connection costs with ten and
 * with ten thousand balancers of ten backends.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Balancers, type Front, openBalancers } from "../kit/balancers.ts";
import { addRouter, Lab, type Running, uniqueName } from "../kit/mod.ts";
import { compare, measureInTurn, type Results } from "./datapath.ts";
import { awaitAnswer, buildNetload, LOAD_TESTS, type Path, PORT, startServer, untilCarrying } from "./netload.ts";
import { type Row, row } from "./row.ts";

const PROMISED = { atLeast: 0.95 };
const FEW = 10;
const MANY = 10_000;
const BACKENDS = 10;
const SERVICE_PORT = 80;
const CHANGES = 20;
const REST_MS = 200;

const container = (host: string) => ({ kind: "container" as const, host, network: "pods" });
const startLab = () =>
  Lab.start(uniqueName("cbb"), {
    hosts: { a: {}, b: {} },
    networks: { pods: { subnets: ["10.9.0.0/16"] } },
    workloads: { client: container("a"), near: container("a"), far: container("b") },
  });

/** To a backend, all that the load needs; streams have a port of their own. */
const frontsTo = (ip: string, backend: string): Front[] =>
  ([0, 1] as const)
    .map(
      (more): Front => ({
        ips: [ip],
        protocol: "tcp",
        port: SERVICE_PORT + more,
        backends: [{ ip: backend, port: PORT + more }],
      }),
    )
    .concat([{ ips: [ip], protocol: "udp", port: SERVICE_PORT, backends: [{ ip: backend, port: PORT }] }]);

/** The n-th of many: nobody asks them. */
const bystander = (n: number): Front[] => [
  {
    ips: [`10.97.${n >> 8}.${n & 255}`],
    protocol: "tcp",
    port: SERVICE_PORT,
    backends: Array.from({ length: BACKENDS }, (_, i) => ({
      ip: `10.9.${(n + i) % 200}.${1 + (i % 200)}`,
      port: 8080,
    })),
  },
];

/** From a change of one balancer's backends until its client is answered, in ms, the worst of some. */
async function changeMs(balancers: Balancers, router: string, path: Path, backend: string): Promise<number> {
  const times: number[] = [];
  const fronts = frontsTo(path.serverIp, backend).map((front) => ({ ...front, port: PORT }));
  const nobody = fronts.map((front) => ({ ...front, backends: [] }));
  const ask = () => awaitAnswer(path.clientNetns, path.serverIp);
  const id = await balancers.add(router, fronts.slice(-1));
  await ask(); // behind all that were made before it
  for (let change = 0; change < CHANGES; change++) {
    await balancers.update(id, nobody.slice(-1));
    await sleep(REST_MS);
    const answered = ask();
    await sleep(REST_MS);
    const began = process.hrtime.bigint();
    await balancers.update(id, fronts.slice(-1));
    times.push(Number((await answered) - began) / 1e6);
  }
  return Math.max(...times);
}

export async function balancersBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  const servers: Running[] = [];
  log("making cable");
  const lab = await startLab();
  const balancers = await openBalancers(lab);
  try {
    const router = await addRouter(lab, "router", ["pods"]);
    const ipOf = (name: string) => `${lab.target(name).ips[0]}`;
    const path = (name: string, server: string, serverIp: string, port?: number): Path => ({
      name,
      clientNetns: lab.entry("client").netns,
      serverNetns: lab.entry(server).netns,
      serverIp,
      ...(port === undefined ? {} : { port }),
    });
    await balancers.addMany(router, [frontsTo("10.96.0.1", ipOf("near")), frontsTo("10.96.0.2", ipOf("far"))]);
    const straight = [path("pod same host", "near", ipOf("near")), path("pod across hosts", "far", ipOf("far"))];
    const balanced = [
      path("service same host", "near", "10.96.0.1", SERVICE_PORT),
      path("service across hosts", "far", "10.96.0.2", SERVICE_PORT),
    ];
    for (const name of ["near", "far"])
      servers.push(startServer(lab.entry(name).netns, join(directory, "netload.log")));
    for (const each of [...straight, ...balanced]) await untilCarrying(each, servers[0] as Running);
    const results = await measureInTurn([...straight, ...balanced], log);
    const rows = ["same host", "across hosts"].flatMap((where) =>
      LOAD_TESTS.map((test) => compare(results, `service ${where}`, `pod ${where}`, test, PROMISED)),
    );
    const connections = async (): Promise<number> => {
      const some: Results = await measureInTurn(balanced.slice(0, 1), log, { tests: ["crr"], rounds: 5 });
      return Math.max(...(some.get("service same host")?.crr ?? []).map(({ perSecond }) => perSecond));
    };
    await balancers.addMany(
      router,
      Array.from({ length: FEW - 2 }, (_, n) => bystander(n)),
    );
    const few = await connections();
    log(`making ${MANY} balancers`);
    await balancers.addMany(
      router,
      Array.from({ length: MANY - FEW }, (_, n) => bystander(FEW + n)),
    );
    const last = path("the last service", "near", "10.96.0.3", SERVICE_PORT);
    const worst = await changeMs(balancers, router, last, ipOf("near"));
    const many = await connections();
    const note = `${(few / 1000).toFixed(1)} and ${(many / 1000).toFixed(1)} k/s`;
    return [
      ...rows,
      row(`new connections with ${MANY} services, of those with ${FEW}`, many / few, "", { atLeast: 0.95 }, note),
      row(
        `a service's change with ${MANY} services, in force`,
        worst,
        "ms",
        { atMost: 100 },
        `the worst of ${CHANGES}, as its client sees it`,
      ),
    ];
  } finally {
    for (const server of servers) await server.stop();
    await balancers.close();
    await lab.down();
    await rm(directory, { recursive: true });
  }
}
