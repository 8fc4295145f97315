/** What `./cable lab` shows, held as a table. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { labTopology } from "../../tools/lab/topology.ts";
import { addressesOf, failures, settled, testLab } from "../kit/mod.ts";

const lab = testLab(labTopology(3));

test("a VM, a container and a physical machine reach each other by every test in both families", async () => {
  const cells = await lab().reach();
  assert.equal(cells.length, 6 * 2 * 3 + 2 * 2 * 3);
  assert.deepEqual(failures(cells), []);
});

test("every workload has exactly the addresses of its port and the MTU of its network", async () => {
  for (const [name, { workload, port }] of lab().workloads) {
    const wanted = port.fixed_ips.map((fixed) => fixed.ip_address);
    assert.deepEqual((await addressesOf(workload)).sort(), wanted.sort(), name);
    const network = [...lab().networks.values()].find((one) => one.network.id === port.network_id)?.network;
    const { stdout } = await workload.run("busybox ip link show dev eth0");
    assert.equal(Number(/mtu (\d+)/.exec(stdout)?.[1]), network?.mtu, `${name}'s MTU`);
  }
});

test("the virtual machine and the physical machine had their IPv4 addresses by DHCP", async () => {
  const vm = await lab().workload("vm1").run("cat /tmp/udhcpc");
  const machine = await readFile(join(lab().directory, "machine1.dhcp.log"), "utf8");
  for (const said of [vm.stdout, machine])
    assert.match(said, /lease of 10\.77\.0\.\d+ obtained from 169\.254\.169\.254/);
});

test("nothing changes when all is computed afresh", async () => {
  await settled(lab());
  assert.deepEqual(failures(await lab().reach(["ping"])), []);
});
