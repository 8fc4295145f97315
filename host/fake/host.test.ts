import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, type VifNumber } from "../../bpf/layout.gen.ts";
import { mac } from "../../model/mod.ts";
import { hostContract } from "../host.contract.ts";
import { SystemError } from "../host.ts";
import { fakeHost } from "./host.ts";

hostContract("fake host", async (work) => {
  const host = fakeHost();
  host.addNamespace("/run/netns/elsewhere");
  await work({ host, elsewhere: "/run/netns/elsewhere", prefix: "cb" });
});

describe("fake host: log", () => {
  test("changes are told as text, in the order in which they were made", () => {
    const host = fakeHost();
    host.addNamespace("/run/netns/pod");
    const link = host.inNamespace("/run/netns/pod", (_links, netnsFd) =>
      host.links.createVeth({
        name: "cb0",
        mtuBytes: 1450,
        peer: { name: "eth0", mac: mac("02:00:00:00:00:01"), netnsFd },
      }),
    );
    host.links.set(link.index, { up: true });
    const object = host.bpf.load("workload.bpf.o", { pinDir: "/sys/fs/bpf/x" });
    object
      .map("ifaces")
      .update(MAPS.ifaces.key.encode({ ifindex: link.index }), MAPS.ifaces.value.encode(3 as VifNumber));
    host.bpf.attachIngress(link.index, object.program("workload"));
    assert.deepEqual(host.takeLog(), [
      "link add veth cb0 mtu 1450 peer eth0 mac 02:00:00:00:00:01 in /run/netns/pod",
      "link set cb0 up",
      "map ifaces[ifindex=2]=3",
      "attach workload to cb0",
    ]);
  });

  test("a map that is full is E2BIG, and takes what it has already", () => {
    const object = fakeHost().bpf.load("x", { pinDir: "/p", mapSizes: { ifaces: 1 } });
    const put = (ifindex: number) => {
      object.map("ifaces").update(MAPS.ifaces.key.encode({ ifindex }), MAPS.ifaces.value.encode(1 as VifNumber));
    };
    put(1);
    assert.throws(
      () => put(2),
      (error: unknown) => error instanceof SystemError && error.code === "E2BIG",
    );
    put(1);
  });

  test("pinned maps outlive the object", () => {
    const host = fakeHost();
    const key = MAPS.ifaces.key.encode({ ifindex: 1 });
    const first = host.bpf.load("x", { pinDir: "/p" });
    first.map("ifaces").update(key, MAPS.ifaces.value.encode(1 as VifNumber));
    first.close();
    assert.ok(host.bpf.load("x", { pinDir: "/p" }).map("ifaces").lookup(key));
    host.removePins("/p");
    assert.equal(host.bpf.load("x", { pinDir: "/p" }).map("ifaces").lookup(key), undefined);
  });
});
