/** Four control nodes on one etcd are one API: no address twice, no loser half-written, whoever is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortRecord } from "../../model/mod.ts";
import { Neutron, NeutronError, settled, testLab, until } from "../kit/mod.ts";

const lab = testLab({
  controls: 4,
  hosts: { host1: {} },
  networks: { small: { subnets: ["10.0.0.0/24"] }, disputed: { subnets: [] } },
  workloads: {},
});

/** All addresses of the /24 but its network, its broadcast address and its gateway. */
const ADDRESSES = 253;

const clients = () => lab().controls.map(({ url }) => new Neutron(url));
const networkId = (name: string) => lab().networks.get(name)?.network.id ?? assert.fail(`no network ${name}`);
const create = (client: Neutron) => client.create("port", { network_id: networkId("small") });

/** Creates ports until the node says that no address is left. */
async function fill(client: Neutron, made: PortRecord[]): Promise<void> {
  for (;;) {
    try {
      made.push(await create(client));
    } catch (error) {
      if (!(error instanceof NeutronError)) throw error;
      assert.deepEqual([error.status, error.type], [409, "IpAddressGenerationFailure"]);
      return;
    }
  }
}

const addressesOf = (ports: PortRecord[]) => ports.map(({ fixed_ips }) => fixed_ips[0]?.ip_address);

test("four nodes fill a /24 at once: every address once, then each says that it is full", async () => {
  const made: PortRecord[] = [];
  await Promise.all(clients().flatMap((client) => [fill(client, made), fill(client, made)]));
  assert.equal(made.length, ADDRESSES);
  assert.equal(new Set(addressesOf(made)).size, ADDRESSES);
  assert.equal((await lab().neutron.list("port", { network_id: networkId("small") })).length, ADDRESSES);
});

test("addresses given back on one node are given out again on another, and no more than those", async () => {
  const [first, second] = clients() as [Neutron, Neutron];
  const former = (await first.list("port", { network_id: networkId("small") })).slice(0, 5);
  for (const { id } of former) await first.delete("port", id);
  const made: PortRecord[] = [];
  await fill(second, made);
  assert.deepEqual(addressesOf(made).sort(), addressesOf(former).sort());
});

test("of overlapping subnets made on four nodes at once one is made", async () => {
  const cidrs = ["10.1.0.0/16", "10.1.0.0/17", "10.1.128.0/17", "10.0.0.0/8"];
  const outcomes = await Promise.allSettled(
    clients().map((client, i) =>
      client.create("subnet", { network_id: networkId("disputed"), ip_version: 4, cidr: cidrs[i] }),
    ),
  );
  const made = outcomes.filter(({ status }) => status === "fulfilled");
  const halves = cidrs.filter((cidr, i) => outcomes[i]?.status === "fulfilled" && cidr.endsWith("/17"));
  // The two halves do not overlap each other: both may win.
  assert.ok(made.length === 1 || (made.length === 2 && halves.length === 2), JSON.stringify(outcomes));
  assert.equal((await lab().neutron.list("subnet", { network_id: networkId("disputed") })).length, made.length);
});

test("a node killed while all allocate leaves nothing half-written, and a port of any node reaches the host", async () => {
  const [first, second] = clients() as [Neutron, Neutron];
  const ports = await first.list("port", { network_id: networkId("small") });
  for (const { id } of ports.slice(0, 60)) await first.delete("port", id);
  const victim = lab().controls[3] ?? assert.fail();
  const made: PortRecord[] = [];
  const others = clients()
    .slice(0, 3)
    .map((client) => fill(client, made));
  const dying = fill(new Neutron(victim.url), made).catch(() => {});
  await victim.kill();
  await Promise.all([...others, dying]);
  await victim.start();
  const now = await new Neutron(victim.url).list("port", { network_id: networkId("small") });
  assert.equal(new Set(addressesOf(now)).size, now.length, "an address was given twice");
  assert.equal(now.length, ADDRESSES, "an address was lost");
  const { id } = now[0] ?? assert.fail();
  await second.update("port", id, { "binding:host_id": "host1" });
  await until("the host to have the port", async () => {
    const { ports: known } = (await lab().host("host1").ask("/v1/ports")) as { ports: { id: string }[] };
    return known.some((port) => port.id === id) ? true : undefined;
  });
});

test("nothing changes when all is computed afresh", () => settled(lab()));
