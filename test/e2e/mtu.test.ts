/** The network's MTU: announced to whoever asks, and told to whoever sends more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ipFamily } from "../../model/mod.ts";
import { failures, mustIn, ofFamily, settled, testLab } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    machine: { kind: "machine", host: "host1", network: "tenant", vlan: 100 },
    container: { kind: "container", host: "host2", network: "tenant" },
  },
});

const WIRE_MTU = 1500;

test("a machine that ignores the announced MTU is told packet-too-big, keeps to it from then on, and is understood", async () => {
  const { netns } = lab().entry("machine");
  const mtu = lab().networks.get("tenant")?.network.mtu ?? 0;
  assert.ok(mtu < WIRE_MTU, `the network's MTU is ${mtu}`);
  await mustIn(netns, ["ip", "link", "set", "dev", "eth0", "mtu", String(WIRE_MTU)]);
  await mustIn(netns, ["sh", "-c", `echo ${WIRE_MTU} >/proc/sys/net/ipv6/conf/eth0/mtu`]);
  for (const address of lab().target("container").ips) {
    const payload = WIRE_MTU - (ipFamily(address) === 4 ? 28 : 48);
    const first = await lab().workload("machine").run(`busybox ping -c 1 -W 1 -s ${payload} ${address}`);
    assert.notEqual(first.code, 0, "a packet larger than the network's MTU got through");
    const route = await mustIn(netns, ["ip", "route", "get", address]);
    assert.match(route, new RegExp(`mtu ${mtu}\\b`), `what the kernel learnt about ${address}`);
    const fragmented = await lab().workload("machine").run(`busybox ping -c 3 -i 0.2 -W 2 -s ${payload} ${address}`);
    assert.match(fragmented.stdout, /3 packets received/, `fragments to ${address}`);
  }
  assert.deepEqual(failures(await lab().reach()), []);
});

test("the largest packet that fits gets through unfragmented, one more byte does not", async () => {
  const { network } = lab().networks.get("tenant") ?? {};
  const address = ofFamily(lab().target("container").ips, 4);
  const { netns } = lab().entry("machine");
  const before = await tooBig();
  await mustIn(netns, ["ip", "route", "flush", "cache"]);
  const exact = (network?.mtu ?? 0) - 28;
  const fits = await lab().workload("machine").run(`busybox ping -c 2 -i 0.2 -W 2 -s ${exact} ${address}`);
  assert.match(fits.stdout, /2 packets received/);
  assert.equal(await tooBig(), before);
  await lab()
    .workload("machine")
    .run(`busybox ping -c 1 -W 1 -s ${exact + 1} ${address}`);
  assert.equal(await tooBig(), before + 1);
});

test("who cuts his packets for a larger MTU is told, and cuts them smaller", async () => {
  const { netns } = lab().entry("machine");
  const ping = (address: string, count: number) =>
    lab().workload("machine").run(`busybox ping -c ${count} -i 0.2 -W 2 -s 4000 ${address}`);
  for (const address of lab().target("container").ips) {
    const family = ipFamily(address) === 4 ? [] : ["-6"];
    await mustIn(netns, ["ip", ...family, "route", "flush", "cache"]);
    assert.notEqual((await ping(address, 1)).code, 0, "pieces larger than the network's MTU got through");
    assert.match((await ping(address, 3)).stdout, /3 packets received/, `smaller pieces to ${address}`);
  }
});

async function tooBig(): Promise<number> {
  const { port } = lab().entry("machine");
  const state = (await lab().host("host1").ask(`/v1/ports/${port.id}`)) as {
    counters: { drops: Record<string, number> };
  };
  return state.counters.drops.too_big ?? 0;
}

test("nothing changes when all is computed afresh", () => settled(lab()));
