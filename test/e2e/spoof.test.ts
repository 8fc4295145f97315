/** Port security: a workload speaks as its port, and as nobody else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ip } from "../../model/mod.ts";
import { failures, ipBatch, mustIn, ofFamily, runIn, settled, testLab, until } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    liar: { kind: "container", host: "host1", network: "tenant" },
    peer: { kind: "container", host: "host2", network: "tenant" },
    neighbour: { kind: "container", host: "host1", network: "tenant" },
  },
});

const FOREIGN4 = "10.0.0.250";
const FOREIGN6 = "fd00:1::250";

async function drops(): Promise<Record<string, number>> {
  const { port } = lab().entry("liar");
  const state = (await lab().host("host1").ask(`/v1/ports/${port.id}`)) as {
    counters: { drops: Record<string, number> };
  };
  return state.counters.drops;
}

/** Runs `work` and tells by how much each drop counter of the liar's port has grown. */
async function dropped(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await drops();
  await work();
  const after = await drops();
  const grown = Object.entries(after).map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

const ping = (source: string, target: Ip | undefined) =>
  runIn(lab().entry("liar").netns, ["busybox", "ping", "-c", "3", "-i", "0.1", "-W", "1", "-I", source, `${target}`]);

test("with another's address nothing leaves the port, to a neighbour or to another host", async () => {
  const { netns } = lab().entry("liar");
  // Preferred for zero seconds: used when asked for only.
  await ipBatch(netns, [`addr add ${FOREIGN4}/24 dev eth0`, `addr add ${FOREIGN6}/64 dev eth0 nodad preferred_lft 0`]);
  for (const name of ["peer", "neighbour"]) {
    const { ips } = lab().target(name);
    // The honest address first, so that the lie is not stopped at finding the neighbour already.
    for (const address of ips) await lab().workload("liar").run(`busybox ping -c 1 ${address}`);
    const grown = await dropped(async () => {
      assert.notEqual((await ping(FOREIGN4, ofFamily(ips, 4))).code, 0, `${name} answered`);
      assert.notEqual((await ping(FOREIGN6, ofFamily(ips, 6))).code, 0, `${name} answered`);
    });
    assert.ok((grown.spoofed_ip ?? 0) > 2, `the counters: ${JSON.stringify(grown)}`);
  }
});

test("with another's MAC nothing leaves the port", async () => {
  const { netns, port } = lab().entry("liar");
  const peer = lab().entry("peer").port;
  const target = `${ofFamily(lab().target("peer").ips, 4)}`;
  const lie = () => lab().workload("liar").run(`busybox ping -c 3 -i 0.1 -W 1 ${target}`);
  await mustIn(netns, ["ip", "link", "set", "dev", "eth0", "address", "02:00:00:00:00:99"]);
  const asking = await dropped(async () => assert.notEqual((await lie()).code, 0));
  assert.ok((asking.spoofed_arp ?? 0) > 0, `the counters: ${JSON.stringify(asking)}`);
  await mustIn(netns, ["ip", "neigh", "replace", target, "lladdr", peer.mac_address, "dev", "eth0"]);
  const speaking = await dropped(async () => assert.notEqual((await lie()).code, 0));
  assert.ok((speaking.spoofed_mac ?? 0) > 1, `the counters: ${JSON.stringify(speaking)}`);
  await mustIn(netns, ["ip", "neigh", "delete", target, "dev", "eth0"]);
  await mustIn(netns, ["ip", "link", "set", "dev", "eth0", "address", port.mac_address]);
});

test("an address pair, and no port security, lift exactly that, on a port in use", async () => {
  const { port } = lab().entry("liar");
  const target = ofFamily(lab().target("peer").ips, 4);
  const untilAnswer = () =>
    until("an answer", async () => ((await ping(FOREIGN4, target)).stdout.includes(" 0% ") ? true : undefined));
  await lab().neutron.update("port", port.id, { allowed_address_pairs: [{ ip_address: FOREIGN4 }] });
  await untilAnswer();
  assert.notEqual((await ping(FOREIGN6, ofFamily(lab().target("peer").ips, 6))).code, 0, "the other family is no pair");
  await lab().neutron.update("port", port.id, { allowed_address_pairs: [] });
  await until("silence", async () => ((await ping(FOREIGN4, target)).code === 0 ? undefined : true));
  // Neutron lets nobody turn it off for a port that has groups.
  await lab().neutron.update("port", port.id, { port_security_enabled: false, security_groups: [] });
  await until("the port to be free", async () => {
    const { spoofed_ip: count = 0 } = await dropped(() => ping(FOREIGN4, target));
    return count === 0 ? true : undefined;
  });
  const { security_groups } = port;
  await lab().neutron.update("port", port.id, { port_security_enabled: true, security_groups });
  await ipBatch(lab().entry("liar").netns, [`addr del ${FOREIGN4}/24 dev eth0`, `addr del ${FOREIGN6}/64 dev eth0`]);
  // A solicitation sent from the foreign address was dropped, and the kernel would ask again only after a second.
  await mustIn(lab().entry("liar").netns, ["ip", "neigh", "flush", "dev", "eth0"]);
  assert.deepEqual(failures(await lab().reach()), []);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
