import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind, ViewPort } from "../../model/mod.ts";
import { MemoryTables, type RecordWrite } from "../memory-tables.ts";
import { viewTaps } from "./derive-taps.ts";
import { Taps } from "./taps.ts";

const write = (kind: Kind, id: string, record: object): RecordWrite =>
  ({ kind, id, after: { record: { id, name: id, ...record }, modRevision: 1 } }) as unknown as RecordWrite;
const host = (id: string, tunnel_ip: string | null) =>
  write("host", id, { facts: tunnel_ip === null ? null : { tunnel_ip, physical_networks: {} } });
const port = (id: string, on: string, row: object = {}) =>
  write("port", id, {
    network_id: "n",
    device_id: "",
    fixed_ips: [],
    device_owner: "compute:nova",
    "binding:host_id": on,
    "binding:vnic_type": "normal",
    "binding:profile": {},
    ...row,
  });
const machine = { "binding:vnic_type": "baremetal", "binding:profile": { physical: { nic: "eth1", vlan: 5 } } };
const TRUNK = write("trunk", "trunk", { admin_state_up: true });
const subport = { subport_of: { trunk_id: "trunk", port_id: "parent", segmentation_id: 5 } };
const service = (port_id: string, vni: number | null = 900) => write("tap_service", "s", { port_id, vni });
const flow = (source_port: string, row: object = {}, id = "f") =>
  write("tap_flow", id, { tap_service_id: "s", source_port, direction: "BOTH", vlan_filter: null, ...row });
const mirror = (mirror_type: string, directions: object) =>
  write("tap_mirror", "m", { port_id: "a", mirror_type, directions, remote_ip: "192.0.2.50" });

const NETWORK = write("network", "n", {
  "provider:network_type": "vxlan",
  "provider:physical_network": null,
  "provider:segmentation_id": 7,
});

function views(...writes: RecordWrite[]): (id: string) => Pick<ViewPort, "mirrors" | "taps"> {
  const memory = new MemoryTables();
  memory.apply([host("h1", "192.0.2.1"), host("h2", "192.0.2.2"), host("new", null), NETWORK, ...writes], 1);
  const taps = new Taps(memory);
  taps.everything();
  return (id) => viewTaps(memory, taps, id);
}

/** The addresses are plain text in these tests. */
type To = { kind: "port"; portId: string } | { kind: "vxlan"; vni: number; remote: string };

const both = (id: string, to: To) => ({
  mirrors: [
    { id, direction: "in", to },
    { id, direction: "out", to },
  ],
});

test("a tap port on the same host is named, one on another host is a tunnel that it knows of", () => {
  const here = views(port("a", "h1"), port("t", "h1"), service("t"), flow("a"));
  assert.deepEqual(here("a"), both("f", { kind: "port", portId: "t" }));
  assert.deepEqual(here("t"), {}, "nothing comes from elsewhere");
  const there = views(port("a", "h1"), port("t", "h2"), service("t"), flow("a"));
  assert.deepEqual(there("a"), both("f", { kind: "vxlan", vni: 900, remote: "192.0.2.2" }));
  assert.deepEqual(there("t"), { taps: [{ vni: 900, hosts: ["192.0.2.1"] }] });
});

test("a direction is that of the source port", () => {
  for (const [direction, expected] of [
    ["IN", ["in"]],
    ["OUT", ["out"]],
  ] as const) {
    const view = views(port("a", "h1"), port("t", "h1"), service("t"), flow("a", { direction }));
    assert.deepEqual(
      view("a").mirrors?.map((each) => each.direction),
      expected,
    );
  }
});

test("sources of several hosts may send to a tap port, each host once", () => {
  const sources = [port("a", "h1"), port("b", "h1"), port("c", "h2")];
  const flows = [flow("a", {}, "f1"), flow("b", {}, "f2"), flow("c", {}, "f3")];
  const view = views(...sources, port("t", "h2"), service("t"), ...flows);
  assert.deepEqual(view("t"), { taps: [{ vni: 900, hosts: ["192.0.2.1"] }] });
  assert.deepEqual(view("c"), both("f3", { kind: "port", portId: "t" }));
});

for (const [what, writes] of [
  ["to itself", [port("a", "h1"), service("a"), flow("a")]],
  [
    "of VLANs, since its frames have none",
    [port("a", "h1"), port("t", "h1"), service("t"), flow("a", { vlan_filter: "5" })],
  ],
  [
    "to a physical machine, on whose wire are others",
    [port("a", "h1"), port("t", "h1", machine), service("t"), flow("a")],
  ],
  [
    "to a trunk's subport, whose copies would need its tag",
    [TRUNK, port("a", "h1"), port("parent", "h1"), port("t", "h1", subport), service("t"), flow("a")],
  ],
  ["to a port on no host", [port("a", "h1"), port("t", ""), service("t"), flow("a")]],
  ["of a port on no host", [port("a", ""), port("t", "h1"), service("t"), flow("a")]],
  ["to a host without a tunnel address", [port("a", "h1"), port("t", "new"), service("t"), flow("a")]],
  ["between hosts without a VNI", [port("a", "h1"), port("t", "h2"), service("t", null), flow("a")]],
] as const) {
  test(`a flow ${what} is told to nobody`, () => {
    const view = views(...writes);
    assert.deepEqual([view("a"), view("t")], [{}, {}]);
  });
}

test("a trunk's subport may be mirrored", () => {
  const ports = [TRUNK, port("parent", "h1"), port("a", "h1", subport), port("t", "h1")];
  const view = views(...ports, service("t"), flow("a"));
  assert.deepEqual(view("a"), both("f", { kind: "port", portId: "t" }));
});

test("a physical machine may be mirrored", () => {
  const view = views(port("a", "h1", machine), port("t", "h1"), service("t"), flow("a"));
  assert.deepEqual(view("a"), both("f", { kind: "port", portId: "t" }));
});

test("a mirror's directions have tunnels of their own, or one", () => {
  const to = (vni: number) => ({ kind: "vxlan", vni, remote: "192.0.2.50" });
  const split = views(port("a", "h1"), mirror("vxlan", { IN: 5, OUT: 6 }));
  assert.deepEqual(split("a"), {
    mirrors: [
      { id: "m", direction: "in", to: to(5) },
      { id: "m", direction: "out", to: to(6) },
    ],
  });
  const one = views(port("a", "h1"), mirror("vxlan", { BOTH: 5 }));
  assert.deepEqual(one("a"), both("m", { kind: "vxlan", vni: 5, remote: "192.0.2.50" }));
});
