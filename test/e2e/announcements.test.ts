/** An address that is given to another port, or to a router's new end: workloads that remember its former MAC are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addRouter, changeInterfaces, settled, testLab, until } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] }, blue: { subnets: ["10.2.0.0/24"] } },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red" },
    vm1: { kind: "vm", host: "host1", network: "red" },
    red2: { kind: "container", host: "host2", network: "red" },
  },
});

const TELLERS = ["red1", "vm1"];

/** What a workload remembers of an address; after a ping only, which makes it remember. */
async function remembered(name: string, address: string): Promise<string> {
  const { stdout } = await lab().workload(name).run(`busybox ip neigh show ${address}`);
  return /lladdr (\S+)/.exec(stdout)?.[1] ?? "";
}

async function remember(name: string, address: string): Promise<void> {
  await until(`${name} to reach ${address}`, async () => {
    const { code } = await lab().workload(name).run(`busybox ping -c 1 -W 1 ${address}`);
    return code === 0 || undefined;
  });
  assert.notEqual(await remembered(name, address), "", `${name} knows ${address}`);
  // What has just been learned the kernel lets nobody correct for a second (arp(7), neighbours' locktime).
  await new Promise((resolve) => setTimeout(resolve, 1200));
}

/** Without a packet of its own that would make it ask. */
const untilTold = (name: string, address: string, mac: string) =>
  until(`${name} to be told that ${address} is at ${mac}`, async () => {
    const known = await remembered(name, address);
    if (known !== mac) throw new Error(`it is at ${known} for it`);
    return true;
  });

test("a router's end that is made anew has another MAC, and everybody knows it at once", async () => {
  const router = await addRouter(lab(), "router", ["red", "blue"]);
  const subnets = lab().networks.get("red")?.subnets ?? [];
  const gateways = subnets.map(({ gateway_ip }) => `${gateway_ip}`);
  for (const name of TELLERS) for (const address of gateways) await remember(name, address);
  const before = await Promise.all(gateways.map((address) => remembered("red1", address)));
  await changeInterfaces(lab(), router, "red", "remove");
  await changeInterfaces(lab(), router, "red", "add");
  const ends = await lab().neutron.list("port", {
    device_id: router,
    network_id: `${lab().networks.get("red")?.network.id}`,
  });
  for (const [index, address] of gateways.entries()) {
    const end = ends.find(({ fixed_ips }) => fixed_ips.some(({ ip_address }) => ip_address === address));
    assert.ok(end !== undefined && end.mac_address !== before[index], "it is another one");
    for (const name of TELLERS) await untilTold(name, address, `${end.mac_address}`);
  }
});

test("an address that another port got, on whatever host", async () => {
  const address =
    lab()
      .target("red2")
      .ips.find((each) => !each.includes(":")) ?? "";
  for (const name of TELLERS) await remember(name, address);
  await lab().removeWorkload("red2");
  const subnet_id = lab()
    .networks.get("red")
    ?.subnets.find(({ ip_version }) => ip_version === 4)?.id;
  const attributes = { fixed_ips: [{ subnet_id, ip_address: address }] };
  for (const host of ["host2", "host1"]) {
    const { port } = await lab().addWorkload("next", { kind: "container", host, network: "red", attributes });
    for (const name of TELLERS) await untilTold(name, address, port.mac_address);
    await lab().removeWorkload("next");
  }
});

test("nothing is left to do", () => settled(lab()));
