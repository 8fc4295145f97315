/** A control node with 100,000 ports: its memory, and its start until the first answer. */
import type { Keystone } from "../kit/keystone.ts";
import { startCable } from "./api-cable.ts";
import { fillOverApi } from "./api-fill.ts";
import type { Tokens } from "./api-server.ts";
import { residentMiB } from "./api-usage.ts";
import { MANY } from "./api-world.ts";
import { type Row, row } from "./row.ts";

const NETWORKS = 10;
const PORTS = 100_000;

export async function sizeBench(
  directory: string,
  keystone: Keystone,
  tokens: Tokens,
  log: (line: string) => void,
): Promise<Row[]> {
  const first = await startCable(directory, keystone, tokens);
  try {
    const { call, member, admin } = first;
    log(`creating ${PORTS} ports over the API, 100 a request`);
    const began = performance.now();
    const quota = { network: MANY, subnet: MANY, port: MANY };
    await call("PUT", `/v2.0/quotas/${tokens.projectId}`, admin, { quota });
    for (let i = 0; i < NETWORKS; i++) {
      const { network } = (await call("POST", "/v2.0/networks", member, { network: { name: `n${i}` } })) as Made;
      const body = { network_id: network!.id, ip_version: 4, cidr: `172.${16 + i}.0.0/16` };
      const { subnet } = (await call("POST", "/v2.0/subnets", member, { subnet: body })) as Made;
      await fillOverApi(first, { networkId: network!.id, subnetId: subnet!.id, ids: [], size: PORTS / NETWORKS });
    }
    const perSecond = (PORTS * 1000) / (performance.now() - began);
    const afterWrites = residentMiB(first.processes().control ?? []);
    await first.process.stop();
    const second = await startCable(directory, keystone, tokens, first.etcd);
    const afterStart = residentMiB(second.processes().control ?? []);
    await second.stop();
    const written = `${afterWrites.toFixed(0)} MiB after all were created over the API, ${afterStart.toFixed(0)} after a start`;
    return [
      row("api: 100,000 ports, created 100 a request by 4 clients", perSecond, "/s", null),
      row("api: 100,000 ports: memory", Math.max(afterWrites, afterStart), "MiB", { atMost: 1536 }, written),
      row("api: 100,000 ports: start to first answer", second.startSeconds, "s", { atMost: 15 }),
    ];
  } finally {
    await first.stop();
  }
}

type Made = Record<string, { id: string } | undefined>;
