/** Containers on veth pairs with the kernel's own TCP: GSO, pending checksums, and the MTU that a sender is told. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { DropReason, TargetKind, VifFlag, VifKind, type VifNumber } from "../../bpf/layout.gen.ts";
import { ip, linkLocalAddress, mac, SERVICE_MAC } from "../../model/mod.ts";
import { makePlane } from "./kit/plane.ts";
import { goPrivate, ifindexOf, run } from "./kit/privacy.ts";
import { addEndpoint, addSource, local, NO_SET, net } from "./kit/world.ts";

goPrivate();
const NET = net(100);
const PODS = [1, 2].map((i) => ({
  number: i as VifNumber,
  name: `pod${i}`,
  mac: `02:00:00:00:00:0${i}`,
  ip4: `10.1.0.${i}`,
  ip6: `fd00:1::${i}`,
}));
const [one, two] = PODS as [(typeof PODS)[0], (typeof PODS)[0]];
const BYTES = 4 << 20;
/** For nsenter: `ip -n` wants to mount, which a chroot's root does not let it. */
const netnsOf = ({ name }: { name: string }) => `--net=/run/netns/${name}`;

/** The network's MTU is smaller than the pods': they must find it out. */
function makePods(mtu: number) {
  const plane = makePlane();
  plane.put("settings", 0, {
    generation: 1,
    vxlanIfindex: 0,
    trapIfindex: 0,
    logLevel: 0,
    serviceMac: SERVICE_MAC,
    socketMac: SERVICE_MAC,
    serviceIfindex: 0,
    mirrorIfindex: 0,
    flowQuota: 1 << 20,
    flowShare: 1 << 20,
    flowRoom: 1 << 20,
  });
  for (const pod of PODS) {
    const inside = `nsenter ${netnsOf(pod)}`;
    run(`ip netns add ${pod.name}
      ip link add v${pod.name} type veth peer name eth0 address ${pod.mac} netns ${pod.name}
      ip link set v${pod.name} up
      ${inside} sh -c 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
      ${inside} ip link set eth0 up
      ${inside} ip addr add ${pod.ip4}/24 dev eth0
      ${inside} ip addr add ${pod.ip6}/64 dev eth0 nodad`);
    const ifindex = ifindexOf(`v${pod.name}`);
    const flags = VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY;
    plane.put("vifs", pod.number, {
      net: NET,
      ifindex,
      flags,
      kind: VifKind.VETH,
      vlan: 0,
      mac: mac(pod.mac),
      dscp: 0,
      policy: NO_SET,
    });
    plane.put("ifaces", { ifindex }, pod.number);
    for (const from of [pod.ip4, pod.ip6, linkLocalAddress(mac(pod.mac))])
      addSource(plane, pod.number, pod.mac, ip(from));
    addEndpoint(plane, NET, pod, local(pod.number));
    plane.attach(ifindex, "workload");
  }
  plane.put("nets", NET, { flags: 0, mtu, ifindex: 0, vlan: 0, locals: 0, remotes: 0 });
  return plane;
}

const inPod = (pod: (typeof PODS)[0], script: string) => [netnsOf(pod), process.execPath, "-e", script];

/** Sends BYTES over TCP from one pod to the other; resolves with how many came. */
async function transfer(address: string): Promise<number> {
  const server = spawn(
    "nsenter",
    inPod(
      two,
      `
    const server = require("net").createServer((socket) => {
      let count = 0;
      socket.on("data", (data) => { count += data.length; });
      socket.on("end", () => { console.log(count); process.exit(0); });
    });
    server.listen(7000, "::", () => console.log("ready"));
    setTimeout(() => process.exit(1), 20_000);`,
    ),
  );
  try {
    const lines: string[] = [];
    const ended = new Promise((resolve) => server.on("exit", resolve));
    await new Promise<void>((resolve) =>
      server.stdout.on("data", (text) => {
        lines.push(...String(text).trim().split("\n"));
        resolve();
      }),
    );
    run(
      `timeout 20 nsenter ${inPod(one, `require("net").connect(7000, "${address}").end(Buffer.alloc(${BYTES}))`)
        .map((word) => `'${word}'`)
        .join(" ")}`,
    );
    await ended;
    return Number(lines.at(-1));
  } finally {
    server.kill();
  }
}

test("a TCP stream passes whole, and its sender learns the network's MTU, in both families", async () => {
  const plane = makePods(1400);
  for (const address of [two.ip4, two.ip6]) {
    assert.equal(await transfer(address), BYTES, address);
    assert.match(run(`nsenter ${netnsOf(one)} ip route get ${address}`), /mtu 1400/);
  }
  const stats = plane.stats(one.number);
  assert.ok((stats.drops[DropReason.TOO_BIG] as bigint) > 0n, "packets were too big at first");
  assert.equal(plane.get("macs", { net: NET, mac: mac(two.mac) })?.kind, TargetKind.LOCAL);
});
