import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Attributes } from "../../api/mod.ts";
import { Fault } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys } from "../../store/mod.ts";
import { ADMIN, ALICE, audit, BOB, madeOnPurpose, makeWorld, type World } from "./networking.fixture.ts";

const KINDS = [
  "qos_policy",
  "security_group",
  "security_group_rule",
  "network",
  "segment",
  "subnet",
  "port",
  "trunk",
] as const;
type Kind = (typeof KINDS)[number];

/** A step names existing things by number, so that shrinking keeps it meaningful. */
interface Step {
  act: "create" | "update" | "delete";
  kind: Kind;
  node: number;
  by: number;
  at: number;
  body: Attributes;
}

/** Mostly left out: a request with everything in it is mostly refused. */
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const address = fc.constantFrom("10.0.0.2", "10.0.0.3", "10.0.1.2", "2001:db8::5", "10.0.0.1", "rubbish");
const CIDRS = ["10.0.0.0/29", "10.0.0.0/30", "10.0.1.0/29", "2001:db8::/64", "2001:db8:1::/64"];
const body = fc.record({
  is_default: maybe(fc.boolean()),
  stateful: maybe(fc.boolean()),
  direction: fc.constantFrom("ingress", "egress"),
  protocol: maybe(fc.constantFrom("tcp", "6")),
  name: maybe(fc.constantFrom("a", "b")),
  shared: maybe(fc.boolean()),
  mtu: maybe(fc.constantFrom(0, 60, 1000, 1400, 9000)),
  "provider:network_type": maybe(fc.constantFrom("vlan", "flat", "vxlan", "gre")),
  "provider:physical_network": maybe(fc.constantFrom("physnet1", "physnet2")),
  "provider:segmentation_id": maybe(fc.constantFrom(1, 2, 3)),
  network_type: fc.constantFrom("vlan", "vxlan"),
  physical_network: maybe(fc.constantFrom("physnet1", "physnet2")),
  segmentation_id: maybe(fc.constantFrom(1, 2, 3)),
  cidr: fc.constantFrom(...CIDRS),
  gateway_ip: maybe(fc.option(address)),
  ipv6_ra_mode: maybe(fc.constantFrom("slaac", "dhcpv6-stateful")),
  enable_dhcp: maybe(fc.boolean()),
  fixed_ips: maybe(fc.array(fc.record({ ip_address: address }), { maxLength: 2 })),
  mac_address: maybe(fc.constantFrom("02:00:00:00:00:01", "02:00:00:00:00:02")),
  device_owner: maybe(fc.constantFrom("compute:nova", "network:dhcp", "network:router_interface")),
  port_security_enabled: maybe(fc.boolean()),
  "binding:host_id": maybe(fc.constantFrom("h", "nowhere", "", null)),
  "binding:vnic_type": maybe(fc.constantFrom("normal", "baremetal")),
  "binding:profile": maybe(fc.constantFrom({}, { physical: { nic: "eth1", vlan: 5 } }, { physical: {} })),
});
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("create", "create", "create", "update", "delete"),
  kind: fc.constantFrom("network", "subnet", "port", "port", ...KINDS),
  node: fc.nat(1),
  by: fc.constantFrom(0, 0, 0, 1, 2),
  at: fc.nat(20),
  body: body.map((attributes) => Object.fromEntries(Object.entries(attributes).filter(([, v]) => v !== undefined))),
});

async function play(world: World, { act, kind, by, at, body: attributes }: Step): Promise<void> {
  const caller = [ADMIN, ALICE, BOB][by] ?? ADMIN;
  const { networking } = world;
  const pick = async (from: Kind) => {
    const rows = await networking.list(ADMIN, from, {});
    return rows[at % Math.max(1, rows.length)]?.id ?? "none";
  };
  if (act === "update") await networking.update(caller, kind, await pick(kind), attributes);
  else if (act === "delete") await networking.delete(caller, kind, await pick(kind));
  else {
    const group = await pick("security_group");
    const parents = { network_id: await pick("network"), security_group_id: group };
    const policy = at % 4 === 0 && { qos_policy_id: await pick("qos_policy") };
    const trunk = kind === "trunk" && {
      port_id: await pick("port"),
      sub_ports: (await networking.list(ADMIN, "port", {}))
        .slice(at % 5, (at % 5) + 2)
        .map(({ id }, place) => ({ port_id: id, segmentation_type: "vlan", segmentation_id: 1 + (at % 2) + place })),
    };
    const segment = kind === "subnet" && at % 5 === 0 && { segment_id: await pick("segment") };
    const groups = at % 3 === 0 && { security_groups: [group], remote_group_id: group };
    await networking.create(caller, kind, [{ ...attributes, ...parents, ...policy, ...groups, ...segment, ...trunk }]);
  }
}

/** Anything may be refused, by a fault; then nothing else may have gone wrong. */
async function bear(attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    assert.notEqual(error.code, "ServiceUnavailable", error.message);
  }
}

test("whatever two nodes are asked, at once or in turn, every key has its record, and all can be deleted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(3), async (steps, together) => {
      const store = new MemoryStore();
      const nodes = [await makeWorld({}, store), await makeWorld({}, store)];
      await nodes[0]?.host("h");
      await nodes[0]?.network({ shared: true });
      await nodes[1]?.network({});
      for (let i = 0; i < steps.length; i += together + 1) {
        const group = steps.slice(i, i + together + 1);
        await Promise.all(group.map((each) => bear(play(nodes[each.node] as World, each))));
      }
      await audit(store);
      for (const kind of [...KINDS].reverse()) {
        for (const row of (await nodes[0]?.networking.list(ADMIN, kind, {})) ?? []) {
          const { id } = row;
          // A trunk whose parent could not be plugged stays until that is settled.
          if ("sub_ports" in row) {
            await nodes[0]?.networking.update(ADMIN, "port", row.port_id, { "binding:host_id": "" });
          }
          await nodes[0]?.networking.delete(ADMIN, kind, id);
        }
      }
      const left = await madeOnPurpose(store);
      assert.deepEqual(
        left.map((line) => line.split(" ")[0]),
        [keys.record("host", "h")],
      );
      for (const node of nodes) await node.close();
    }),
    { numRuns: 100 },
  );
});
