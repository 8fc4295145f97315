/** The kit's own pieces over a plain wire, without Cable: what the other end-to-end tests stand on must be able to fail. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ip, tapName } from "../../model/mod.ts";
import {
  addressesOf,
  ipBatch,
  listNetns,
  makeNetns,
  makeSwitch,
  REACH_TESTS,
  reach,
  reachLines,
  removeNetns,
  runIn,
  type Switch,
  startMachine,
  startVm,
  type Target,
  uniqueName,
  until,
} from "../kit/mod.ts";

const name = uniqueName("cb8");
const VLAN = 7;
let wire: Switch;
let directory: string;

before(async () => {
  directory = await mkdtemp(`/run/${name}-`);
  wire = await makeSwitch(`${name}-switch`);
});
after(async () => {
  for (const netns of await listNetns(name)) await removeNetns(netns);
  await rm(directory, { recursive: true, force: true });
});

async function machine(label: string, vlan: number, address: string): Promise<Target> {
  const netns = `${name}-${label}`;
  const port = { id: label, mac_address: `02:00:00:00:00:0${address.at(-1)}` };
  const workload = await startMachine({ name: label, netns, directory, wire, vlan, port });
  // Nobody answers the machine's DHCP client here; it takes addresses away once, as it starts.
  const log = join(directory, `${label}.dhcp.log`);
  await until("the client's first request", async () =>
    (await readFile(log, "utf8")).includes("discover") ? true : undefined,
  );
  await ipBatch(netns, [`addr add ${address}/24 dev eth0`, `addr add fd07::${address.at(-1)}/64 dev eth0 nodad`]);
  return { workload, ips: [ip(address), ip(`fd07::${address.at(-1)}`)] };
}

const everyCell = (from: string, to: string, answer: "yes" | "no") =>
  [4, 6].flatMap((family) => REACH_TESTS.map((kind) => `${from} → ${to} IPv${family} ${kind} ${answer}`));

test("reach tables tell machines behind one tag from machines behind another", async () => {
  const [a, b, other] = await Promise.all([
    machine("a", VLAN, "10.7.0.1"),
    machine("b", VLAN, "10.7.0.2"),
    machine("c", VLAN + 1, "10.7.0.3"),
  ]);
  assert.deepEqual(reachLines(await reach([a.workload], [a, b])), everyCell("a", "b", "yes").sort());
  assert.deepEqual(reachLines(await reach([a.workload], [other], ["ping"])), [
    "a → c IPv4 ping no",
    "a → c IPv6 ping no",
  ]);
  const impostor = { workload: { ...b.workload, name: "someone" }, ips: b.ips };
  const [cell] = await reach([a.workload], [{ ...impostor, ips: [ip("10.7.0.2")] }], ["tcp"]);
  assert.equal(cell?.ok, false, "the answer must come from the workload that was meant");
  for (const { workload } of [a, b, other]) await workload.stop();
});

test("a virtual machine boots on its TAP device, runs commands side by side, and is reached", async () => {
  const netns = `${name}-host`;
  await makeNetns(netns);
  const port = { id: "0a1b2c3d-0000-4000-8000-000000000001", mac_address: "fa:16:3e:00:00:01" };
  const vm = await startVm({ name: "vm", netns, directory, port, mtu: 1450 });
  assert.deepEqual(await vm.run("echo out; exit 3"), { code: 3, stdout: "out\n", stderr: "" });
  const order: string[] = [];
  await Promise.all([
    vm.run("usleep 500000").then(() => order.push("slow")),
    vm.run("true").then(() => order.push("quick")),
  ]);
  assert.deepEqual(order, ["quick", "slow"]);
  await ipBatch(netns, [`addr add 10.8.0.1/24 dev ${tapName(port.id)}`]);
  await vm.run("ip addr add 10.8.0.2/24 dev eth0");
  await until("the guest to have its address", async () =>
    (await addressesOf(vm)).includes(ip("10.8.0.2")) ? true : undefined,
  );
  const run = (script: string) => runIn(netns, ["busybox", "sh", "-c", script]);
  const outside = { name: "host", portId: "", run, stop: async () => {} };
  const cells = await reach([outside], [{ workload: vm, ips: [ip("10.8.0.2")] }]);
  assert.deepEqual(
    reachLines(cells),
    REACH_TESTS.map((kind) => `host → vm IPv4 ${kind} yes`),
  );
  await vm.stop();
});
