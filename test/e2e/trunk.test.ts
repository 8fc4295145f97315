/** A trunk: what a workload sends under a tag is another port's, in another network, and all that a port has. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import type { PortRecord } from "../../model/mod.ts";
import { ipBatch, type Running, run, runIn, settled, startVlanDevice, testLab, until } from "../kit/mod.ts";

const VLAN = 100;
const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: {
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24", "fd00:2::/64"] },
  },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red" },
    red2: { kind: "container", host: "host2", network: "red" },
    blue1: { kind: "container", host: "host1", network: "blue" },
    blue2: { kind: "container", host: "host2", network: "blue" },
  },
});

let device: Running | undefined;
let subport: PortRecord;
let trunk = "";

after(() => device?.stop());

const canPing = async (name: string, address: string) =>
  (await lab().workload(name).run(`busybox ping -c 1 -W 1 ${address}`)).code === 0;
const untilPing = (name: string, address: string) =>
  until(`${name} to reach ${address}`, async () => (await canPing(name, address)) || undefined);
const addressesOf = (port: PortRecord) => port.fixed_ips.map(({ ip_address }) => ip_address);

test("a trunk's subport is on its parent's host, and the trunk works", async () => {
  const { neutron } = lab();
  const network_id = lab().networks.get("blue")?.network.id;
  subport = await neutron.create("port", { name: "sub", network_id });
  const sub_ports = [{ port_id: subport.id, segmentation_type: "vlan", segmentation_id: VLAN }];
  trunk = (await neutron.create("trunk", { port_id: lab().entry("red1").port.id, sub_ports })).id;
  await until("the trunk to be ACTIVE", async () => {
    const { status } = await neutron.show("trunk", trunk);
    if (status !== "ACTIVE") throw new Error(`it is ${status}`);
    return true;
  });
  const { status, device_owner, ...shown } = await neutron.show("port", subport.id);
  assert.deepEqual([status, device_owner, shown["binding:host_id"]], ["ACTIVE", "trunk:subport", "host1"]);
});

test("the parent's workload reaches the subport's network under the tag, on its host and across, both families", async () => {
  const { netns } = lab().entry("red1");
  const { directory } = lab();
  device = startVlanDevice({ netns, parent: "eth0", name: "eth0.100", vlan: VLAN, directory });
  await until("the VLAN device", () => device?.tail().includes("ready") || undefined, { process: device });
  await ipBatch(netns, [
    `link set eth0.100 address ${subport.mac_address} up`,
    ...addressesOf(subport).map(
      (address) => `addr add ${address}/${address.includes(":") ? "64 dev eth0.100 nodad" : "24 dev eth0.100"}`,
    ),
  ]);
  for (const name of ["blue1", "blue2"]) {
    for (const address of addressesOf(subport)) await untilPing(name, address);
    for (const address of lab().target(name).ips) await untilPing("red1", address);
  }
});

test("a trace from the subport goes the same way", async () => {
  const [to = ""] = lab().target("blue2").ips;
  const words = ["--port", subport.id, "--to", to, "--socket", lab().host("host1").socket];
  const { stdout, stderr } = await run([join(import.meta.dirname, "../../cable"), "trace", ...words]);
  assert.match(stdout, /source +sub \([0-9a-f]{8}\) may send from there\n(.*\n)*It goes on to host2/, stderr);
});

test("DHCP answers there as for any port", async () => {
  const { netns } = lab().entry("red1");
  const { code, stdout, stderr } = await runIn(
    netns,
    ["busybox", "udhcpc", "-i", "eth0.100", "-n", "-q", "-f", "-s", "/bin/true"],
    { timeoutMs: 20_000 },
  );
  assert.equal(code, 0, stderr);
  const leased = addressesOf(subport).find((address) => !address.includes(":"));
  assert.match(stdout + stderr, new RegExp(`lease of ${leased} obtained`));
});

test("without the tag the parent is in its own network alone", async () => {
  for (const address of lab().target("red2").ips) await untilPing("red1", address);
  for (const address of lab().target("red1").ips) await untilPing("red2", address);
});

test("a trunk that is down, or a subport that is taken out, carries nothing", async () => {
  const [address = ""] = addressesOf(subport);
  const untilGone = (what: string) =>
    until(what, async () => !(await canPing("blue2", address)) || undefined, { timeoutMs: 10_000 });
  await lab().neutron.update("trunk", trunk, { admin_state_up: false });
  await untilGone("nothing to pass by a trunk that is down");
  await lab().neutron.update("trunk", trunk, { admin_state_up: true });
  await untilPing("blue2", address);
  const body = { sub_ports: [{ port_id: subport.id }] };
  await lab().neutron.request("PUT", `/v2.0/trunks/${trunk}/remove_subports`, body);
  await untilGone("nothing to pass to a former subport");
  const shown = await lab().neutron.show("port", subport.id);
  assert.deepEqual([shown.status, shown.device_owner, shown["binding:host_id"]], ["DOWN", "", ""]);
  for (const each of lab().target("red2").ips) await untilPing("red1", each);
});

test("nothing is left to do", () => settled(lab()));
