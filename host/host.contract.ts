/** The behaviour that every {@link Host} shows, whatever it runs on. */
import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { describe, test } from "node:test";
import { type Cidr, type Ip, ip, mac, prefix } from "../model/mod.ts";
import { type Host, type Link, type LinkEvent, SystemError } from "./host.ts";

export interface HostLab {
  /** Its links are those of an empty namespace: only "lo". */
  host: Host;
  /** A second empty namespace. */
  elsewhere: string;
  /** Short, and different in every lab: namespaces of links do not overlap, but names of bpf pins might. */
  prefix: string;
}

const PEER_MAC = mac("02:00:00:00:00:07");

function addPair(lab: HostLab, name = "cb0", peerName = "eth0"): { link: Link; peer: Link } {
  const { host, elsewhere } = lab;
  const link = host.inNamespace(elsewhere, (_links, netnsFd) =>
    host.links.createVeth({ name, mtuBytes: 1450, peer: { name: peerName, mac: PEER_MAC, netnsFd } }),
  );
  const peer = host.inNamespace(elsewhere, (links) => links.byName(peerName));
  assert.ok(peer);
  return { link, peer };
}

function failsWith(code: string, work: () => unknown): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof SystemError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

/** Waits for events until one satisfies `wanted`. */
async function heard(events: LinkEvent[], wanted: (event: LinkEvent) => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (events.some(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`not heard; events were ${JSON.stringify(events)}`);
}

const OWN_ADDRESS = { ip: ip("10.1.0.1"), prefixLength: 24, noDad: true };

/** `withLab` makes a lab, runs one test in it and clears up. */
export function hostContract(
  name: string,
  withLab: (work: (lab: HostLab) => Promise<void> | void) => Promise<void>,
): void {
  const it = (sentence: string, work: (lab: HostLab) => Promise<void> | void) => test(sentence, () => withLab(work));

  describe(`${name}: links`, () => {
    it("a veth pair has one end here and one in the other namespace", (lab) => {
      const { link, peer } = addPair(lab);
      assert.equal(link.kind, "veth");
      assert.equal(link.mtuBytes, 1450);
      assert.equal(peer.mac, PEER_MAC);
      assert.equal(peer.mtuBytes, 1450);
      assert.equal(link.peerIndex, peer.index);
      assert.deepEqual(lab.host.links.byName("cb0"), link);
      assert.ok(lab.host.links.list().some(({ name }) => name === "cb0"));
    });

    it("a name that is taken is EEXIST, on either end", (lab) => {
      addPair(lab);
      failsWith("EEXIST", () => addPair(lab, "cb0", "eth1"));
      failsWith("EEXIST", () => addPair(lab, "cb1", "eth0"));
      assert.equal(lab.host.links.byName("cb1"), undefined);
    });

    it("an unknown link has no name, and nothing can be set on it", (lab) => {
      assert.equal(lab.host.links.byName("nobody"), undefined);
      assert.equal(lab.host.links.byName("a-name-far-too-long-for-a-link"), undefined);
      failsWith("ENODEV", () => lab.host.links.set(12345, { up: true }));
    });

    it("removing a link takes its peer along, and removing it again is success", (lab) => {
      const { link } = addPair(lab);
      lab.host.links.remove(link.index);
      lab.host.links.remove(link.index);
      assert.equal(lab.host.links.byName("cb0"), undefined);
      assert.equal(
        lab.host.inNamespace(lab.elsewhere, (links) => links.byName("eth0")),
        undefined,
      );
    });

    it("up, MTU and MAC can be set, each by itself", (lab) => {
      const { link } = addPair(lab);
      const state = () => lab.host.links.byName("cb0") as Link;
      lab.host.links.set(link.index, { up: true });
      assert.equal(state().up, true);
      lab.host.links.set(link.index, { mtuBytes: 1400 });
      assert.deepEqual([state().up, state().mtuBytes], [true, 1400]);
      lab.host.links.set(link.index, { mac: mac("02:00:00:00:00:09") });
      assert.equal(state().mac, "02:00:00:00:00:09");
      lab.host.links.set(link.index, { up: false });
      assert.equal(state().up, false);
    });

    it("a VXLAN device can be made once", (lab) => {
      const link = lab.host.links.createVxlan({ name: "cbvx", port: 4789, mtuBytes: 1450 });
      assert.equal(link.kind, "vxlan");
      failsWith("EEXIST", () => lab.host.links.createVxlan({ name: "cbvx", port: 4789, mtuBytes: 1450 }));
    });

    it("addresses and routes of both families may be added twice", (lab) => {
      const { link } = addPair(lab);
      const { links } = lab.host;
      links.set(link.index, { up: true });
      for (let times = 0; times < 2; times++) {
        links.addAddress(link.index, OWN_ADDRESS);
        links.addAddress(link.index, { ip: ip("fd00:1::1"), prefixLength: 64, noDad: true });
        links.addRoute({ destination: prefix("10.2.0.0/16").cidr, gateway: ip("10.1.0.2"), index: link.index });
        links.addRoute({ destination: "0.0.0.0/0" as Cidr, gateway: ip("10.1.0.2"), index: link.index });
        links.addRoute({ destination: prefix("fd00:2::/64").cidr, gateway: null, index: link.index });
      }
      const own = links.addresses(link.index).filter((address) => !address.ip.startsWith("fe80:"));
      assert.deepEqual(
        own.sort((a, b) => (a.ip < b.ip ? -1 : 1)),
        [
          { ip: "10.1.0.1" as Ip, prefixLength: 24 },
          { ip: "fd00:1::1" as Ip, prefixLength: 64 },
        ],
      );
    });

    it("a watcher hears of links that come, change and go, and of nothing once closed", async (lab) => {
      const events: LinkEvent[] = [];
      const watch = lab.host.links.watch((event) => events.push(event));
      const { link } = addPair(lab);
      await heard(events, (event) => event.kind === "changed" && event.link.name === "cb0");
      lab.host.links.set(link.index, { up: true });
      await heard(events, (event) => event.kind === "changed" && event.link.name === "cb0" && event.link.up);
      lab.host.links.remove(link.index);
      await heard(events, (event) => event.kind === "removed" && event.index === link.index && event.name === "cb0");
      watch.close();
      const count = events.length;
      addPair(lab);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(events.length, count);
    });
  });

  describe(`${name}: namespaces`, () => {
    it("work sees the other namespace, and the caller is back afterwards", (lab) => {
      addPair(lab);
      const seen = lab.host.inNamespace(lab.elsewhere, (links) =>
        links
          .list()
          .map((link) => link.name)
          .sort(),
      );
      assert.deepEqual(seen, ["eth0", "lo"]);
      assert.ok(lab.host.links.byName("cb0"));
    });

    it("the caller is back also when the work throws", (lab) => {
      assert.throws(
        () =>
          lab.host.inNamespace(lab.elsewhere, () => {
            throw new Error("work failed");
          }),
        /work failed/,
      );
      const { host } = lab;
      const tap = host.openTap("cbback", { mtuBytes: 1500 });
      tap.close();
      assert.equal(
        host.inNamespace(lab.elsewhere, (links) => links.byName("cbback")),
        undefined,
      );
    });

    it("a namespace that is gone is ENOENT", (lab) => {
      failsWith("ENOENT", () => lab.host.inNamespace("/run/netns/cable-never-was", () => {}));
    });
  });

  describe(`${name}: TAP devices`, () => {
    it("a device is up, stays after closing, and is the same when opened again", (lab) => {
      const options = { mac: mac("02:00:00:00:00:08"), mtuBytes: 1600 };
      const tap = lab.host.openTap("cbtap", options);
      assert.deepEqual([tap.link.mac, tap.link.mtuBytes, tap.link.up], [options.mac, 1600, true]);
      tap.close();
      tap.close();
      assert.equal(lab.host.links.byName("cbtap")?.index, tap.link.index);
      const again = lab.host.openTap("cbtap", options);
      assert.equal(again.link.index, tap.link.index);
      again.close();
    });

    it("a device that someone holds open is EBUSY", (lab) => {
      const tap = lab.host.openTap("cbtap", { mtuBytes: 1500 });
      failsWith("EBUSY", () => lab.host.openTap("cbtap", { mtuBytes: 1500 }));
      tap.close();
    });
  });

  describe(`${name}: UDP sockets`, () => {
    it("a place is one socket's", ({ host }) => {
      host.links.set(host.links.byName("lo")!.index, { up: true });
      for (const address of ["127.0.0.1", "::1"]) {
        const fd = host.openUdp(ip(address), 5353, 1 << 20);
        failsWith("EADDRINUSE", () => host.openUdp(ip(address), 5353, 1 << 20));
        if (fd >= 0) closeSync(fd);
      }
    });
  });
}
