/**
 * IPv6 as real clients see it, by each of Neutron's modes: the Linux kernel's SLAAC, ISC dhclient -6, dhcpcd and
 * systemd-networkd, each in a namespace behind a device that has the name of a virtual machine's TAP.
 * Debian's busybox has no udhcpc6.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Ipv6Mode, PortRecord, SubnetRecord } from "../../model/mod.ts";
import {
  type Call,
  type Guest,
  mustIn,
  plugGuest,
  type Running,
  removeNetns,
  scratch,
  settled,
  start,
  startDhcpcd,
  startNetworkd,
  testLab,
  until,
  untilCalled,
} from "../kit/mod.ts";

const lab = testLab({ hosts: { host1: {} }, networks: {}, workloads: {} });

interface Place {
  network: string;
  subnets: SubnetRecord[];
}
const guests: Guest[] = [];
const clients: Running[] = [];
after(async () => {
  for (const client of clients) await client.stop();
  for (const { netns } of guests) await removeNetns(netns);
});

const CIDRS: Record<Ipv6Mode, string[]> = {
  slaac: ["fd00:1::/64"],
  "dhcpv6-stateless": ["fd00:2::/64"],
  "dhcpv6-stateful": ["fd00:3::/64", "fd00:4::/64"],
};
const places = new Map<Ipv6Mode, Promise<Place>>();
/** The network of that mode; made when it is first asked for. */
function placeOf(mode: Ipv6Mode): Promise<Place> {
  const place = places.get(mode) ?? makePlace(mode, CIDRS[mode]);
  places.set(mode, place);
  return place;
}

async function makePlace(mode: Ipv6Mode, cidrs: readonly string[]): Promise<Place> {
  const { neutron } = lab();
  const { id: network } = await neutron.create("network", { name: mode, dns_domain: "example.org." });
  const subnets: SubnetRecord[] = [];
  for (const cidr of cidrs) {
    subnets.push(
      await neutron.create("subnet", {
        network_id: network,
        cidr,
        ip_version: 6,
        ipv6_ra_mode: mode,
        ipv6_address_mode: mode,
        dns_nameservers: ["2001:db8::53"],
      }),
    );
  }
  return { network, subnets };
}

/** A guest in the network of that mode, with an address in each of its subnets. */
async function guestIn(
  mode: Ipv6Mode,
  options: Record<string, string> = {},
  state: "up" | "down" = "up",
): Promise<Guest> {
  const { network, subnets } = await placeOf(mode);
  const port: PortRecord = await lab().neutron.create("port", {
    network_id: network,
    device_owner: "compute:nova",
    "binding:host_id": "host1",
    dns_name: "vm1",
    fixed_ips: subnets.map(({ id }) => ({ subnet_id: id })),
    extra_dhcp_opts: Object.entries(options).map(([opt_name, opt_value]) => ({ opt_name, opt_value, ip_version: 6 })),
  });
  const guest = await plugGuest(lab(), lab().host("host1"), port, state);
  guests.push(guest);
  return guest;
}

const addresses = (guest: Guest) => guest.port.fixed_ips.map(({ ip_address }) => ip_address);
const shown = (guest: Guest, ...what: string[]) => mustIn(guest.netns, ["ip", "-6", ...what, "dev", "eth0"]);

function untilShown(guest: Guest, what: string[], wanted: readonly string[]): Promise<boolean> {
  let text = "";
  return until(
    `${what.join(" ")} with ${wanted.join(" and ")}`,
    async () => {
      text = await shown(guest, ...what);
      if (wanted.every((each) => text.includes(each))) return true;
      throw new Error(text);
    },
    { timeoutMs: 20_000 },
  );
}

for (const mode of ["slaac", "dhcpv6-stateless"] as const) {
  test(`${mode}: the kernel forms the port's address from the advertisement`, async () => {
    await untilShown(await guestIn(mode), ["addr", "show", "scope", "global"], addresses(guests.at(-1) as Guest));
  });
}

test("dhcpv6-stateful: the kernel is told the prefix and no address of it", async () => {
  const guest = await guestIn("dhcpv6-stateful");
  await untilShown(guest, ["route", "show"], ["fd00:3::/64", "fd00:4::/64"]);
  assert.equal(await shown(guest, "addr", "show", "scope", "global"), "");
});

test("a router in the network is the kernel's way out, and is so no more once it is gone, be the agent away meanwhile", async () => {
  const { neutron } = lab();
  const guest = guests[0] as Guest;
  const [subnet] = (await placeOf("slaac")).subnets;
  const router = await neutron.create("router", { name: "r" });
  const change = (what: string) =>
    neutron.request("PUT", `/v2.0/routers/${router.id}/${what}_router_interface`, { subnet_id: subnet?.id });
  assert.equal(await shown(guest, "route", "show", "default"), "");
  await change("add");
  await untilShown(guest, ["route", "show", "default"], ["default via fe80:", "proto ra"]);
  assert.match(
    await mustIn(guest.netns, ["busybox", "ping", "-6", "-c", "1", "-W", "5", subnet?.gateway_ip ?? ""]),
    /1 packets received/,
  );
  await lab().host("host1").stopAgent();
  await change("remove");
  await lab().host("host1").startAgent();
  await until("the way to be gone", async () =>
    (await shown(guest, "route", "show", "default")) === "" ? true : undefined,
  );
  await untilShown(guest, ["addr", "show", "scope", "global"], addresses(guest));
});

const scratchOf = (name: string) => join(lab().directory, name);

async function dhclient(guest: Guest, name: string, ...flags: string[]) {
  // It cannot bind to an address that is still being tried.
  await until("an address to send from", async () =>
    (await shown(guest, "addr", "show", "scope", "link", "-tentative")).includes("fe80:") ? true : undefined,
  );
  const { directory, calls, script } = await scratch(scratchOf(name));
  const config = join(directory, "conf");
  await writeFile(config, "also request dhcp6.bootfile-url, dhcp6.fqdn;\ntimeout 20;\n");
  const files = ["-cf", config, "-lf", join(directory, "leases"), "-pf", join(directory, "pid"), "-sf", script];
  const command = ["dhclient", "-6", ...flags, ...files, "eth0"];
  const client = start({ name, command, logFile: join(directory, "log"), netns: guest.netns });
  clients.push(client);
  return { client, calls, command };
}

/** How often the agent did something with a message. */
async function outcomes(name: string): Promise<number> {
  const { netns, underlay } = lab().host("host1");
  const text = await mustIn(netns, ["curl", "-fsS", `http://${underlay.ip4}:9697/metrics`]);
  return Number(new RegExp(`cable_agent_answers_total\\{outcome="${name}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

test("dhclient -6 gets every address of its port and the options, has them confirmed, and gives them back", async () => {
  const guest = await guestIn("dhcpv6-stateful", { "bootfile-url": "tftp://[fd00::1]/x" });
  const first = await dhclient(guest, "dhclient-6", "-d");
  for (const address of addresses(guest)) {
    const isBound = (call: Call) => call.reason === "BOUND6" && call.new_ip6_address === address;
    const call = await untilCalled(first.client, first.calls, isBound);
    assert.equal(call.new_dhcp6_name_servers, "2001:db8::53");
    assert.equal(call.new_dhcp6_domain_search, "example.org.");
    assert.equal(call.new_dhcp6_bootfile_url, "tftp://[fd00::1]/x");
    assert.equal(call.new_preferred_life, "86400");
  }
  await first.client.stop();
  const replies = await outcomes("reply");
  const again = await dhclient(guest, "dhclient-6", "-d");
  await until("the reply to a confirm", async () => ((await outcomes("reply")) > replies ? true : undefined));
  await again.client.stop();
  assert.match(await readFile(again.client.logFile, "utf8"), /XMT: Confirm [\s\S]*status code Success/i);
  const released = await outcomes("released");
  await mustIn(guest.netns, [...again.command.slice(0, 2), "-r", ...again.command.slice(3)], { timeoutMs: 20_000 });
  assert.ok((await outcomes("released")) > released);
});

test("dhclient -6 -S in a stateless network gets the options", async () => {
  const { client, calls } = await dhclient(guests[1] as Guest, "dhclient-6-S", "-S", "-d");
  const call = await untilCalled(client, calls, ({ new_dhcp6_name_servers }) => new_dhcp6_name_servers !== undefined);
  assert.equal(call.new_dhcp6_name_servers, "2001:db8::53");
  await client.stop();
});

test("dhcpcd follows the advertisement's flags: addresses in a stateful network, which it renews, options in a stateless one", async () => {
  for (const mode of ["dhcpv6-stateful", "dhcpv6-stateless"] as const) {
    const guest = await guestIn(mode, {}, "down");
    const config = "duid\nslaac hwaddr\noption dhcp6_name_servers, dhcp6_domain_search\nipv6rs\nrelease";
    const { client, calls } = await startDhcpcd(guest.netns, scratchOf(`dhcpcd-${mode}`), config, "-6");
    clients.push(client);
    const untilSaid = (reason: string) => untilCalled(client, calls, (each) => each.reason === reason);
    const call = await untilSaid(mode === "dhcpv6-stateful" ? "BOUND6" : "INFORM6");
    assert.equal(call.new_dhcp6_name_servers, "2001:db8::53");
    await untilShown(guest, ["addr", "show", "scope", "global"], addresses(guest));
    if (mode === "dhcpv6-stateful") {
      client.kill("SIGUSR1");
      await untilSaid("RENEW6");
    }
    await client.stop();
  }
});

test("systemd-networkd gets the addresses of a stateful network", async () => {
  const guest = await guestIn("dhcpv6-stateful", {}, "down");
  const client = await startNetworkd(guest.netns, scratchOf("networkd"), "[Network]\nDHCP=ipv6\nIPv6AcceptRA=yes");
  clients.push(client);
  await untilShown(guest, ["addr", "show", "scope", "global"], addresses(guest));
  await client.stop();
});

test("nothing changes when all is computed afresh", () => settled(lab()));
