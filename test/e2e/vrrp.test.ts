/** An address that moves between two machines by VRRP, with real keepalived: everybody follows, whichever way he comes. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  addRouter,
  addRule,
  defaultGroup,
  gatewayHost,
  mustIn,
  type Running,
  removeNetns,
  setGateway,
  settled,
  start,
  startOutside,
  testLab,
  until,
  type Workload,
} from "../kit/mod.ts";

const VLAN = 401;
const VIP4 = "10.1.0.77";
const VIP6 = "fd00:1::77";
const pairs = { allowed_address_pairs: [{ ip_address: VIP4 }, { ip_address: VIP6 }] };
const WORLD = "192.0.2.1";

const lab = testLab({
  hosts: { host1: {}, host2: {}, host3: {} },
  networks: {
    outer: { vlan: VLAN, subnets: ["192.0.2.0/24"], attributes: { "router:external": true } },
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24", "fd00:2::/64"] },
  },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red", attributes: pairs },
    red2: { kind: "container", host: "host2", network: "red", attributes: pairs },
    red3: { kind: "container", host: "host3", network: "red" },
    blue3: { kind: "container", host: "host3", network: "blue" },
  },
});

let outside: Workload;
let floating = "";
const daemons = new Map<string, Running>();

after(async () => {
  await Promise.all([...daemons.values()].map((daemon) => daemon.stop()));
  await outside?.stop();
  await removeNetns(`${lab().name}-outside`);
});

/** One instance a family; seen to be gone after three silences of 0.2 s. */
const instance = (name: string, id: number, priority: number, address: string) => `
vrrp_instance ${name} {
  state BACKUP
  interface eth0
  virtual_router_id ${id}
  priority ${priority}
  advert_int 0.2
  virtual_ipaddress {
    ${address}
  }
}`;

async function startKeepalived(name: string, priority: number): Promise<void> {
  const { directory } = lab();
  const config = join(directory, `${name}.keepalived.conf`);
  const globals = "global_defs {\n  vrrp_version 3\n  script_user root\n}\n";
  const instances = [instance("four", 51, priority, `${VIP4}/24`), instance("six", 52, priority, `${VIP6}/64`)];
  await writeFile(config, globals + instances.join("\n"));
  const pids = ["pid", "vrrp_pid"].map((kind) => `--${kind}=${join(directory, `${name}.keepalived.${kind}`)}`);
  const daemon = start({
    name: `${name}'s keepalived`,
    command: ["keepalived", "--dont-fork", "--log-console", "--vrrp", `--use-file=${config}`, ...pids],
    logFile: join(directory, `${name}.keepalived.log`),
    netns: lab().entry(name).netns,
  });
  daemons.set(name, daemon);
}

/** Who answers a new connection. */
async function holder(from: Workload, address: string): Promise<string> {
  const host = address.includes(":") ? `[${address}]` : address;
  const { stdout } = await from.run(`busybox timeout 1 busybox wget -q -O - http://${host}/name`);
  return stdout.trim();
}

const ways = () => [
  { from: lab().workload("red3"), address: VIP4, what: "in the network, IPv4" },
  { from: lab().workload("red3"), address: VIP6, what: "in the network, IPv6" },
  { from: lab().workload("blue3"), address: VIP4, what: "over a router, IPv4" },
  { from: lab().workload("blue3"), address: VIP6, what: "over a router, IPv6" },
  { from: outside, address: floating, what: "by a floating IP" },
];

const untilHeldBy = (name: string) =>
  Promise.all(
    ways().map(({ from, address, what }) =>
      until(`${name} to answer ${what}`, async () => {
        const found = await holder(from, address);
        if (found !== name) throw new Error(`${found || "nobody"} does`);
        return true;
      }),
    ),
  );

const STEP_SECONDS = 0.1;

/** How long nobody answered while `move` was under way, in seconds, by the way of coming. */
async function outages(move: () => Promise<unknown>): Promise<{ what: string; seconds: number }[]> {
  const pings = ways().map(async ({ from, address, what }) => {
    const { stdout } = await from.run(`busybox ping -i ${STEP_SECONDS} -c 60 -W 1 ${address}`);
    const seen = [...stdout.matchAll(/seq=(\d+)/g)].map(([, seq]) => Number(seq));
    const gaps = [...seen, 60].map((seq, index) => seq - (seen[index - 1] ?? 0) - 1);
    return { what, seconds: Math.max(...gaps) * STEP_SECONDS };
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await move();
  return Promise.all(pings);
}

/** What VRRP itself needs is part of it: up to 0.8 s until silence is noticed. */
function assertShort(all: { what: string; seconds: number }[]): void {
  for (const { what, seconds } of all) assert.ok(seconds < 3, `${what}: ${seconds} s`);
  console.log(all.map(({ what, seconds }) => `${what}: ${seconds.toFixed(1)} s`).join("; "));
}

test("the one with the higher priority has the address, for everybody", async () => {
  const group = await defaultGroup(lab());
  for (const ethertype of ["IPv4", "IPv6"]) await addRule(lab(), group, { ethertype });
  outside = await startOutside(lab(), { vlan: VLAN, addresses: [`${WORLD}/24`], beyond: [] });
  const router = await addRouter(lab(), "router", ["red", "blue"]);
  await setGateway(lab(), router, "outer");
  const [gateway] = await lab().neutron.list("port", { device_id: router, device_owner: "network:router_gateway" });
  await gatewayHost(lab(), gateway?.mac_address ?? "");
  // As users of Octavia and the like have it: the address is an unbound port's, and a floating IP leads to that.
  const red = lab().networks.get("red");
  const subnet_id = red?.subnets.find(({ ip_version }) => ip_version === 4)?.id;
  const fixed_ips = [{ subnet_id, ip_address: VIP4 }];
  const port = await lab().neutron.create("port", { name: "vip", network_id: red?.network.id, fixed_ips });
  const floating_network_id = lab().networks.get("outer")?.network.id;
  const made = await lab().neutron.create("floatingip", {
    floating_network_id,
    port_id: port.id,
    fixed_ip_address: VIP4,
  });
  floating = `${made.floating_ip_address}`;
  await startKeepalived("red1", 150);
  await startKeepalived("red2", 100);
  await untilHeldBy("red1");
});

test("it goes over when its holder is stopped, and back when he is there again", async () => {
  assertShort(await outages(async () => daemons.get("red1")?.stop()));
  await untilHeldBy("red2");
  assertShort(await outages(() => startKeepalived("red1", 150)));
  await untilHeldBy("red1");
});

test("it goes over when its holder loses his network", async () => {
  const { netns } = lab().entry("red1");
  assertShort(await outages(() => mustIn(netns, ["ip", "link", "set", "eth0", "down"])));
  await untilHeldBy("red2");
  await mustIn(netns, ["ip", "link", "set", "eth0", "up"]);
});

test("one that is simply there, and says nothing, is found by being asked for", async () => {
  await Promise.all([...daemons.values()].map((daemon) => daemon.stop()));
  await Promise.all(
    ["red1", "red2"].map((name) =>
      lab().neutron.update("port", lab().entry(name).port.id, { allowed_address_pairs: [] }),
    ),
  );
  const silent = "10.1.0.88";
  const { netns, port } = lab().entry("red2");
  await lab().neutron.update("port", port.id, { allowed_address_pairs: [{ ip_address: "10.1.0.80/28" }] });
  await mustIn(netns, ["ip", "addr", "add", `${silent}/24`, "dev", "eth0"]);
  await until(
    "the silent one to be found",
    async () => (await holder(lab().workload("blue3"), silent)) === "red2" || undefined,
  );
});

test("nothing is left to do", () => settled(lab()));
