/**
 * DHCP and SLAAC as real clients see them: ISC dhclient, busybox udhcpc, dhcpcd, systemd-networkd and the Linux kernel, each in a namespace behind
 * a device that has the name of a virtual machine's TAP.
 */
import assert from "node:assert/strict";
import { access, chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { type PortRecord, tapName } from "../../model/mod.ts";
import {
  type Call,
  type Guest,
  type Host,
  ipBatch,
  type Lab,
  makeNetns,
  makeVeth,
  mustIn,
  plugGuest,
  removeNetns,
  scratch,
  start,
  startDhcpcd,
  startNetworkd,
  testLab,
  uniqueName,
  until,
  untilCalled as untilNoted,
} from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {},
});

const netns = uniqueName("cbd");
const rogue = uniqueName("cbd");
const LEASE_SECONDS = 8;
/** Set what the clients were given: they renew and release by unicast, which needs the address and the server's route. */
const DHCLIENT_APPLY = `[ -z "$new_ip_address" ] || ip addr replace $new_ip_address/24 dev $interface
ip route replace 169.254.169.254 dev $interface`;
const LEASE_SCRIPT = join(import.meta.dirname, "../kit/lease.sh");
/** More than fits the options field of the smallest message that every client takes. */
const LARGE = [224, 225, 226].map((code) => ({
  opt_name: String(code),
  opt_value: String(code).repeat(32),
}));
const guests: Guest[] = [];
let port: PortRecord;
let host: Host;
let directory: string;

test("a port is ACTIVE once its device is there", async () => {
  ({ directory } = lab());
  host = lab().host("host1");
  port = await makePort(lab());
  await makeNetns(netns);
  await makeVeth({ netns: host.netns, name: tapName(port.id) }, { netns, name: "eth0" });
  await ipBatch(netns, [`link set eth0 address ${port.mac_address} up`]);
  for (const client of ["dhclient", "udhcpc"]) {
    const script = join(directory, `${client}.sh`);
    const apply = client === "udhcpc" ? `exec ${LEASE_SCRIPT} "$@"` : DHCLIENT_APPLY;
    await writeFile(script, `#!/bin/sh\n{ echo "call=\${1:-$reason}"; env; echo; } >>${record(client)}\n${apply}\n`);
    await chmod(script, 0o755);
  }
  await until("the port to be ACTIVE", async () =>
    (await lab().neutron.show("port", port.id)).status === "ACTIVE" ? true : undefined,
  );
});

after(async () => {
  for (const each of [netns, rogue, ...guests.map((guest) => guest.netns)]) await removeNetns(each);
});

async function makePort(lab: Lab): Promise<PortRecord> {
  const { network, subnets } = lab.networks.get("tenant") ?? assert.fail("no network");
  await lab.neutron.update("subnet", subnets[0]?.id ?? "", {
    dns_nameservers: ["9.9.9.9", "1.1.1.1"],
    host_routes: [{ destination: "192.0.2.0/24", nexthop: "10.0.0.9" }],
  });
  const options = { "ntp-server": "10.0.0.3", "bootfile-name": "pxelinux.0", "lease-time": String(LEASE_SECONDS) };
  return lab.neutron.create("port", {
    network_id: network.id,
    device_owner: "compute:nova",
    "binding:host_id": "host1",
    fixed_ips: [{ ip_address: "10.0.0.5" }, { subnet_id: subnets[1]?.id }],
    extra_dhcp_opts: Object.entries(options).map(([opt_name, opt_value]) => ({ opt_name, opt_value })),
  });
}

const record = (client: string) => join(directory, `${client}.calls`);

async function calls(client: string): Promise<Call[]> {
  const text = await readFile(record(client), "utf8").catch(() => "");
  return text
    .split("\n\n")
    .slice(0, -1) // the last one is being written, or empty
    .map((block) =>
      Object.fromEntries(block.split("\n").map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)])),
    );
}

function untilCalled(client: string, reason: string): Promise<Call> {
  return until(`${client} to say ${reason}`, async () => (await calls(client)).find(({ call }) => call === reason));
}

/** How often the agent did something with a DHCP message. */
async function outcomes(name: string): Promise<number> {
  const text = await mustIn(host.netns, ["curl", "-fsS", `http://${host.underlay.ip4}:9697/metrics`]);
  return Number(new RegExp(`cable_agent_answers_total\\{outcome="${name}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

const leaseFile = () => join(directory, "dhclient.leases");

/** dhclient's command line, with every file of its own. */
async function dhclient(...flags: string[]): Promise<string[]> {
  const config = join(directory, "dhclient.conf");
  const wanted =
    "subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, host-name, interface-mtu, ntp-servers";
  await writeFile(
    config,
    `option rfc3442-routes code 121 = array of unsigned integer 8;
request ${wanted}, rfc3442-routes;
timeout 20;
initial-interval 1;
`,
  );
  await writeFile(leaseFile(), "", { flag: "a" });
  const pidFile = join(directory, "dhclient.pid");
  const files = ["-cf", config, "-lf", leaseFile(), "-pf", pidFile, "-sf", join(directory, "dhclient.sh")];
  return ["dhclient", ...flags, ...files, "eth0"];
}

/** The client in the foreground, until `work` is done. */
async function withDhclient<T>(work: () => Promise<T>): Promise<T> {
  await rm(record("dhclient"), { force: true });
  const logFile = join(directory, "dhclient.log");
  const client = start({ name: "dhclient", command: await dhclient("-d"), logFile, netns });
  try {
    return await work();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${client.tail()}`);
  } finally {
    await client.stop();
  }
}

test("dhclient gets its address and every option of subnet, network and port, and renews", async () => {
  await withDhclient(async () => {
    const bound = await untilCalled("dhclient", "BOUND");
    const got = Object.fromEntries(Object.entries(bound).filter(([name]) => name.startsWith("new_")));
    assert.equal(got.new_ip_address, "10.0.0.5");
    assert.equal(got.new_subnet_mask, "255.255.255.0");
    assert.equal(got.new_broadcast_address, "10.0.0.255");
    assert.equal(got.new_routers, "10.0.0.1");
    assert.equal(got.new_domain_name_servers, "9.9.9.9 1.1.1.1");
    assert.equal(got.new_domain_name, "openstacklocal");
    assert.equal(got.new_host_name, "host-10-0-0-5");
    assert.equal(got.new_interface_mtu, "1450");
    assert.equal(got.new_ntp_servers, "10.0.0.3");
    assert.equal(got.new_filename, "pxelinux.0");
    assert.equal(got.new_dhcp_server_identifier, "169.254.169.254");
    assert.equal(got.new_dhcp_lease_time, String(LEASE_SECONDS));
    // On-link service address, the subnet's host route, and the default route again (RFC 3442).
    assert.equal(got.new_rfc3442_routes, "32 169 254 169 254 0 0 0 0 24 192 0 2 10 0 0 9 0 10 0 0 1");
    assert.equal((await untilCalled("dhclient", "RENEW")).new_ip_address, "10.0.0.5");
  });
});

test("dhclient that starts with its old lease gets it confirmed", async () => {
  await withDhclient(async () => {
    assert.equal((await untilCalled("dhclient", "REBOOT")).new_ip_address, "10.0.0.5");
  });
});

test("dhclient that starts with another network's lease is refused it and gets its own", async () => {
  await access(leaseFile());
  const naks = await outcomes("nak");
  const lease = (await readFile(leaseFile(), "utf8")).replaceAll("fixed-address 10.0.0.5", "fixed-address 10.0.0.77");
  await writeFile(leaseFile(), lease.replaceAll(/(renew|rebind|expire) .*;/g, "$1 never;"));
  await withDhclient(async () => {
    assert.equal((await untilCalled("dhclient", "BOUND")).new_ip_address, "10.0.0.5");
  });
  assert.ok((await outcomes("nak")) > naks, "no NAK was sent");
});

test("dhclient that gives its lease back is heard", async () => {
  const released = await outcomes("released");
  await mustIn(netns, await dhclient("-r"), { timeoutMs: 20_000 });
  await until("the release to arrive", async () => ((await outcomes("released")) > released ? true : undefined));
});

/** Asks for a lease once; what its script was told. */
async function udhcpc(...flags: string[]): Promise<Call> {
  await rm(record("udhcpc"), { force: true });
  const once = "busybox udhcpc -f -q -n -t 10 -T 1 -i eth0".split(" ");
  await mustIn(netns, [...once, "-s", join(directory, "udhcpc.sh"), ...flags], { timeoutMs: 20_000 });
  return untilCalled("udhcpc", "bound");
}

test("udhcpc gets its address and options, also right after the agent's restart", async () => {
  await host.killAgent();
  await host.startAgent();
  const options = ["mtu", "staticroutes", "ntpsrv", "dns", "router", "domain"].flatMap((name) => ["-O", name]);
  const bound = await udhcpc(...options);
  const { ip, mask, mtu, router, dns, ntpsrv, domain, serverid, staticroutes, boot_file } = bound;
  assert.deepEqual(
    { ip, mask, mtu, router, dns, ntpsrv, domain, serverid, staticroutes, boot_file },
    {
      ip: "10.0.0.5",
      mask: "24",
      mtu: "1450",
      router: "10.0.0.1",
      dns: "9.9.9.9 1.1.1.1",
      ntpsrv: "10.0.0.3",
      domain: "openstacklocal",
      serverid: "169.254.169.254",
      staticroutes: "169.254.169.254/32 0.0.0.0 192.0.2.0/24 10.0.0.9 0.0.0.0/0 10.0.0.1",
      boot_file: "pxelinux.0",
    },
  );
});

test("udhcpc that asks for another's address is given its own", async () => {
  assert.equal((await udhcpc("-r", "10.0.0.99")).ip, "10.0.0.5");
});

/** A further guest in the same network. */
async function anotherGuest(): Promise<Guest> {
  const { network } = lab().networks.get("tenant") ?? assert.fail("no network");
  const port = await lab().neutron.create("port", {
    network_id: network.id,
    device_owner: "compute:nova",
    "binding:host_id": "host1",
    extra_dhcp_opts: [{ opt_name: "lease-time", opt_value: String(LEASE_SECONDS) }, ...LARGE],
  });
  const guest = await plugGuest(lab(), host, port);
  guests.push(guest);
  return guest;
}
const ip4Of = ({ port }: Guest) => port.fixed_ips.find(({ ip_address }) => ip_address.includes("."))?.ip_address;

test("dhcpcd gets its address after it looked whether it is free, renews and rebinds", async () => {
  const guest = await anotherGuest();
  const { client, calls } = await startDhcpcd(
    guest.netns,
    join(directory, "dhcpcd"),
    "option classless_static_routes",
    "-4",
  );
  const untilSaid = (reason: string) => untilNoted(client, calls, (each) => each.reason === reason);
  assert.equal((await untilSaid("BOUND")).new_ip_address, ip4Of(guest));
  client.kill("SIGUSR1");
  await untilSaid("RENEW");
  // Its renewals get nowhere now, and it asks everybody.
  await ipBatch(guest.netns, ["route del 169.254.169.254"]);
  await untilSaid("REBIND");
  await client.stop();
});

test("dhcpcd that has an address already is told the options alone", async () => {
  const guest = await anotherGuest();
  await ipBatch(guest.netns, [`addr add ${ip4Of(guest)}/24 dev eth0`]);
  const inform = ["-4", "-s", `${ip4Of(guest)}/24`];
  const { client, calls } = await startDhcpcd(
    guest.netns,
    join(directory, "inform"),
    "option domain_name_servers",
    ...inform,
  );
  const call = await untilNoted(client, calls, ({ reason }) => reason === "INFORM");
  assert.equal(call.new_domain_name_servers, "9.9.9.9 1.1.1.1");
  assert.equal(call.new_dhcp_lease_time, undefined);
  await client.stop();
});

test("systemd-networkd gets its address and routes", async () => {
  const guest = await anotherGuest();
  const client = await startNetworkd(guest.netns, join(directory, "networkd"), "[Network]\nDHCP=ipv4\nIPv6AcceptRA=no");
  await until(
    "its address",
    async () => {
      const shown = await mustIn(guest.netns, ["ip", "-4", "addr", "show", "dev", "eth0"]);
      if (shown.includes(`inet ${ip4Of(guest)}/24`)) return true;
      throw new Error(client.tail());
    },
    { timeoutMs: 20_000 },
  );
  const routes = await mustIn(guest.netns, ["ip", "-4", "route", "show", "dev", "eth0"]);
  for (const route of ["default via 10.0.0.1", "169.254.169.254", "192.0.2.0/24 via 10.0.0.9"])
    assert.ok(routes.includes(route), routes);
  await client.stop();
});

test("dhclient gets more options than fit the options field", async () => {
  const guest = await anotherGuest();
  const {
    directory: own,
    script,
    calls,
  } = await scratch(
    join(directory, "large"),
    '[ -z "$new_ip_address" ] || ip addr replace $new_ip_address/24 dev $interface',
  );
  const config = join(own, "conf");
  await writeFile(
    config,
    `${LARGE.map(({ opt_name }) => `option large-${opt_name} code ${opt_name} = text;\n`).join("")}also request ${LARGE.map(({ opt_name }) => `large-${opt_name}`).join(", ")};\n`,
  );
  const files = ["-cf", config, "-lf", join(own, "leases"), "-pf", join(own, "pid"), "-sf", script];
  const client = start({
    name: "dhclient",
    command: ["dhclient", "-d", ...files, "eth0"],
    logFile: join(own, "log"),
    netns: guest.netns,
  });
  const bound = await untilNoted(client, calls, ({ reason }) => reason === "BOUND");
  for (const { opt_name, opt_value } of LARGE) assert.equal(bound[`new_large_${opt_name}`], opt_value);
  await client.stop();
});

test("udhcpc that looks whether its address is free finds it so", async () => {
  assert.equal((await udhcpc("-a")).ip, "10.0.0.5");
});

test("the Linux kernel forms the port's IPv6 address from our advertisement, takes the MTU, and no default route", async () => {
  const expected = port.fixed_ips.find(({ ip_address }) => ip_address.includes(":"))?.ip_address ?? assert.fail();
  await until("the address", async () =>
    (await mustIn(netns, ["ip", "-6", "addr", "show", "dev", "eth0", "scope", "global"])).includes(expected)
      ? true
      : undefined,
  );
  assert.equal((await mustIn(netns, ["cat", "/proc/sys/net/ipv6/conf/eth0/mtu"])).trim(), "1450");
  assert.equal((await mustIn(netns, ["ip", "-6", "route", "show", "default"])).trim(), "");
});

test("udhcpc declines its address when another machine answers for it, which the agent hears", async () => {
  const before = await outcomes("declined");
  // The rogue shares the guest's own wire: the data plane would not let it speak.
  await ipBatch(netns, [
    "link add name rogue type veth peer name wire",
    "link add name bridge0 type bridge",
    "link set eth0 down name uplink address 02:00:00:00:00:01",
  ]);
  await ipBatch(netns, ["link add name eth0 type veth peer name guest", `link set eth0 address ${port.mac_address}`]);
  const ports = ["uplink", "guest", "wire"].flatMap((name) => [
    `link set ${name} master bridge0`,
    `link set ${name} up`,
  ]);
  await ipBatch(netns, ["link set bridge0 up", ...ports, "link set eth0 up"]);
  await makeNetns(rogue);
  await ipBatch(netns, [`link set rogue netns ${rogue}`]);
  await ipBatch(rogue, ["addr add 10.0.0.5/24 dev rogue", "link set rogue up"]);
  const once = "busybox udhcpc -f -q -n -a -t 3 -T 1 -A 1 -i eth0".split(" ");
  const client = start({
    name: "udhcpc",
    command: [...once, "-s", join(directory, "udhcpc.sh")],
    logFile: join(directory, "udhcpc.log"),
    netns,
  });
  await until("the decline to arrive", async () => ((await outcomes("declined")) > before ? true : undefined));
  await client.stop();
});
