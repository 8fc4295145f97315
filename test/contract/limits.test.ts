/** Quotas and subnet pools with several control nodes, each a process, over one real etcd: never more than there is. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NetworkingTypes } from "../../api/mod.ts";
import { audit } from "../../control/networking/networking.fixture.ts";
import { quotaFlag } from "../../control/quota-flag.ts";
import { etcdStore, type Store } from "../../store/mod.ts";
import { type Etcd, startEtcd } from "../kit/etcd.ts";
import type { Call } from "./ipam.node.ts";
import { codeOf, granted, NODES, type Node, startNodes } from "./nodes.ts";

const PORTS = 240;

describe("four control nodes at the limit", () => {
  let etcd: Etcd;
  let store: Store;
  let nodes: Node[];

  before(async () => {
    etcd = await startEtcd();
    store = etcdStore({ endpoints: [etcd.endpoint] });
    nodes = await startNodes(etcd.endpoint, { quotas: quotaFlag(`port=${PORTS}`, quotaFlag("all=-1")) });
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await store.close();
    await etcd.stop();
  });

  const on = (n: number, call: Call) => (nodes[n % NODES] as Node).call(call);
  const create = (kind: "network" | "subnet" | "subnetpool", ...bodies: Record<string, unknown>[]): Call => ({
    method: "create",
    args: [kind, bodies],
  });
  const made = async (n: number, ...call: Parameters<typeof create>) =>
    granted<{ id: string; cidr: string }[]>(await on(n, create(...call)))[0] as { id: string; cidr: string };

  it("a quota is used up to the last one, and not beyond", async () => {
    const { id } = await made(0, "network", {});
    const fills = await Promise.all(nodes.map((node) => node.call({ method: "fill", args: [id, 8] })));
    const values = fills.map((answer) => granted<{ made: { id: string }[]; refusals: string[] }>(answer));
    for (const { refusals } of values) assert.deepEqual([...new Set(refusals)], ["OverQuota"]);
    const ports = values.flatMap((value) => value.made);
    assert.equal(ports.length, PORTS);
    const freed = ports.slice(0, 30);
    const deleted = await Promise.all(freed.map((port, n) => on(n, { method: "delete", args: ["port", port.id] })));
    assert.ok(deleted.every((answer) => codeOf(answer) === "done"));
    const bodies = Array.from({ length: 10 }, () => ({ network_id: id }));
    const bulks = await Promise.all(
      Array.from({ length: 8 }, (_, n) => on(n, { method: "create", args: ["port", bodies] })),
    );
    const codes = bulks.map(codeOf).sort();
    assert.deepEqual(codes, [...Array(5).fill("OverQuota"), ...Array(3).fill("done")]);
    await audit(store);
  });

  it("a pool is given away to the last part, each once", async () => {
    const pool = await made(0, "subnetpool", { name: "p", prefixes: ["10.0.0.0/19"], default_prefixlen: 24 });
    const networks = await Promise.all(Array.from({ length: 40 }, (_, n) => made(n, "network", {})));
    const answers = await Promise.all(
      networks.map((network, n) => on(n, create("subnet", { network_id: network.id, subnetpool_id: pool.id }))),
    );
    const codes = answers.map(codeOf).sort();
    assert.deepEqual(codes, [...Array(8).fill("SubnetAllocationError"), ...Array(32).fill("done")]);
    const subnets = answers.flatMap((answer) =>
      "value" in answer ? (answer.value as NetworkingTypes["subnet"][]) : [],
    );
    assert.equal(new Set(subnets.map(({ cidr }) => cidr)).size, 32);
    await audit(store);
  });
});
