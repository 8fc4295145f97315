/** The host itself on networks: its pairs of devices, after starts and changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "../../host/fake/mod.ts";
import { type Cidr, type HostView, hostDevices, type Ip, type ViewPort } from "../../model/mod.ts";
import { aNetwork, aPort, aSubnet, aView, fakeLog, networkId, portId, subnetId } from "../fake/mod.ts";
import { noViewChange } from "../view/mod.ts";
import { Node } from "./mod.ts";

const { own, far } = hostDevices(portId(1));

function nodePort(ip = "10.0.1.7"): ViewPort {
  const fixedIps = [{ ip: ip as Ip, subnetId: subnetId(1, "10.0.1.0/24") }];
  return aPort(1, 1, { kind: "host", device: far }, { fixedIps });
}

function aNode() {
  const host = fakeHost();
  const log = fakeLog();
  const refreshed: string[] = [];
  const make = () => new Node({ host, log, refresh: (device) => void refreshed.push(device) });
  let node = make();
  const view = aView([aNetwork(1)], [nodePort()], []);
  const follow = (isComplete: boolean, now: HostView = view) =>
    node.follow({ ...noViewChange(), ports: new Set([portId(1)]) }, now, isComplete);
  const restart = () => {
    node = make();
  };
  return { host, log, refreshed, view, follow, restart };
}

test("a host's port is a pair of devices, its own with the port's MAC and addresses", () => {
  const { host, refreshed, follow } = aNode();
  follow(true);
  const link = host.links.byName(own);
  assert.equal(link?.mac, nodePort().mac);
  assert.equal(link?.up, true);
  assert.deepEqual(host.links.addresses(link?.index ?? 0), [{ ip: "10.0.1.7", prefixLength: 24 }]);
  assert.equal(host.links.byName(far)?.up, true);
  assert.deepEqual(refreshed, [own, far]);
});

test("what comes from its network leaves the host under the host's address, once the view is whole", () => {
  const { host, follow } = aNode();
  const masquerades = () => host.takeLog().filter((line) => line.startsWith("masquerade"));
  follow(false);
  assert.deepEqual(masquerades(), []);
  follow(true);
  assert.deepEqual(masquerades(), ["masquerade 10.0.1.0/24 fd00:1::/64 save to cable-n*"]);
  follow(true);
  assert.deepEqual(masquerades(), []);
});

test("a restart leaves what is right as it is", () => {
  const { host, follow, restart } = aNode();
  follow(true);
  const before = host.links.byName(own)?.index;
  restart();
  follow(false);
  follow(true);
  assert.equal(host.links.byName(own)?.index, before);
});

test("another address makes another pair", () => {
  const { host, view, follow } = aNode();
  follow(true);
  view.ports.set(portId(1), nodePort("10.0.1.8"));
  follow(true);
  const index = host.links.byName(own)?.index ?? 0;
  assert.deepEqual(host.links.addresses(index), [{ ip: "10.0.1.8", prefixLength: 24 }]);
});

test("routes of its subnets are the host's, by their next hops", () => {
  const { host, view, follow } = aNode();
  const routes = [{ destination: "10.96.0.0/12" as Cidr, nextHop: "10.0.1.1" as Ip }];
  view.networks.set(networkId(1), aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24", { routes })] }));
  follow(true);
  assert.deepEqual(
    host.takeLog().filter((line) => line.startsWith("route")),
    [`route add 10.96.0.0/12 via 10.0.1.1 dev ${own}`],
  );
});

test("a port that is gone takes its pair along, but not before the view is whole", () => {
  const { host, view, follow } = aNode();
  follow(true);
  view.ports.clear();
  follow(false);
  assert.notEqual(host.links.byName(own), undefined);
  follow(true);
  assert.equal(host.links.byName(own), undefined);
  assert.equal(host.takeLog().at(-1), "masquerade  save to cable-n*");
});
