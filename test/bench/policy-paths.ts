/**
 * What many rules and many endpoints cost the packets: the same path on one host with a thousand rules at both ends
 * against one, and with a hundred thousand endpoints in the maps against ten.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addGroup, addRule, defaultGroup, Lab, type Running, uniqueName, until } from "../kit/mod.ts";
import { compare, measureInTurn, type Results } from "./datapath.ts";
import { buildNetload, type LoadTest, type Path, startServer, untilCarrying } from "./netload.ts";
import { agentRows } from "./policy-agent.ts";
import { fillHost, ghostHost, mixedRules } from "./policy-fill.ts";
import type { Row } from "./row.ts";

const RULES = 1_000;
const ENDPOINTS = 100_000;
const SUBNET = "10.8.0.0/14";
const NETWORK = "bench";
const PATHS = { plain: "1 rule, 10 endpoints", rules: "1,000 rules", endpoints: "100,000 endpoints" };

/** A few hundredths show only in many short rounds; in UDP floods, not even then. */
const ROUNDS = 41;
const SECONDS = 0.3;
const TESTS: readonly LoadTest[] = ["stream", "rr", "crr"];

function pathOf(lab: Lab, name: string, client: string, server: string): Path {
  return {
    name,
    clientNetns: lab.entry(client).netns,
    serverNetns: lab.entry(server).netns,
    serverIp: lab.target(server).ips[0] ?? "",
  };
}

/** Let in by the network's prefix: the last place at which a rule is looked for. */
const byPrefix = { remote_ip_prefix: SUBNET };

/** Workloads of which `clientN` talks to `serverN`, each pair with a group of its own. */
function startLab(pairs: number): Promise<Lab> {
  const names = Array.from({ length: pairs }, (_, i) => [`client${i + 1}`, `server${i + 1}`]).flat();
  const container = { kind: "container" as const, host: "a", network: NETWORK };
  return Lab.start(uniqueName("cbp"), {
    hosts: { a: {}, b: {} },
    networks: { [NETWORK]: { subnets: [SUBNET] } },
    workloads: Object.fromEntries(names.map((name) => [name, container])),
  });
}

async function putInGroup(lab: Lab, pair: number, group: string): Promise<void> {
  for (const name of [`client${pair}`, `server${pair}`])
    await lab.neutron.update("port", lab.entry(name).port.id, { security_groups: [group] });
}

async function withRules(): Promise<{ lab: Lab; paths: Path[] }> {
  const lab = await startLab(2);
  const few = await addGroup(lab, "few", [byPrefix]);
  const many = await addGroup(lab, "many", [byPrefix]);
  await mixedRules(lab, many, RULES);
  await putInGroup(lab, 1, few);
  await putInGroup(lab, 2, many);
  return {
    lab,
    paths: [pathOf(lab, PATHS.plain, "client1", "server1"), pathOf(lab, PATHS.rules, "client2", "server2")],
  };
}

async function withEndpoints(): Promise<{ lab: Lab; paths: Path[] }> {
  const lab = await startLab(1);
  await putInGroup(lab, 1, await addGroup(lab, "few", [byPrefix]));
  const network_id = lab.networks.get(NETWORK)?.network.id ?? "";
  await addRule(lab, await defaultGroup(lab), byPrefix);
  const host = await ghostHost(lab);
  await fillHost(lab, { network_id, host, count: ENDPOINTS, groups: [await defaultGroup(lab)] });
  await untilKnown(lab);
  return { lab, paths: [pathOf(lab, PATHS.endpoints, "client1", "server1")] };
}

async function untilKnown(lab: Lab): Promise<void> {
  const known = async () => {
    const macs = (await lab.host("a").dump()).filter((line) => line.startsWith("macs")).length;
    if (macs < ENDPOINTS) throw new Error(`it has ${macs}`);
    return true as const;
  };
  await until(`the host to have ${ENDPOINTS} endpoints`, known, { timeoutMs: 120_000, everyMs: 2_000 });
}

function rowsOf(results: Results): Row[] {
  const promised = (ours: string, least: Partial<Record<LoadTest, number>>) =>
    TESTS.map((test) => compare(results, ours, PATHS.plain, test, { atLeast: least[test] ?? Number.NaN }));
  return [
    ...promised(PATHS.rules, { stream: 0.97, rr: 0.97, crr: 0.95 }),
    ...promised(PATHS.endpoints, { stream: 0.97, rr: 0.97, crr: 0.97 }),
  ];
}

export async function policyPathsBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  const labs: Lab[] = [];
  const servers: Running[] = [];
  try {
    const paths: Path[] = [];
    for (const [what, make] of Object.entries({ [PATHS.rules]: withRules, [PATHS.endpoints]: withEndpoints })) {
      log(`making ${what}`);
      const made = await make();
      labs.push(made.lab);
      paths.push(...made.paths);
    }
    for (const path of paths) {
      const server = startServer(path.serverNetns, join(directory, "netload.log"));
      servers.push(server);
      await untilCarrying(path, server);
    }
    const results = await measureInTurn(paths, log, { tests: TESTS, rounds: ROUNDS, seconds: SECONDS });
    log("agents");
    const full = { from: "client1", to: "server1", other: "b", endpoints: ENDPOINTS };
    return [...rowsOf(results), ...(await agentRows(labs.at(-1) as Lab, full))];
  } finally {
    for (const server of servers) await server.stop();
    for (const lab of labs) await lab.down();
    await rm(directory, { recursive: true });
  }
}
