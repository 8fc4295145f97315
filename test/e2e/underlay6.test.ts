/** Hosts whose tunnels are IPv6: the same networks, over the other family. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failures, settled, testLab } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: { tunnelFamily: 6 }, host2: { tunnelFamily: 6 } },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    a: { kind: "container", host: "host1", network: "tenant" },
    b: { kind: "container", host: "host2", network: "tenant" },
    machine: { kind: "machine", host: "host2", network: "tenant", vlan: 100 },
  },
});

test("everyone reaches everyone over IPv6 tunnels, with an MTU that leaves room for them", async () => {
  // RFC 7348 over IPv6: 40 for IP, 8 for UDP, 8 for VXLAN, 14 for the inner Ethernet header.
  assert.equal(lab().networks.get("tenant")?.network.mtu, 1500 - 70);
  const cells = await lab().reach();
  assert.equal(cells.length, 6 * 2 * 3);
  assert.deepEqual(failures(cells), []);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
