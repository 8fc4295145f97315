/** Debian's cloud-init fetches its metadata and user data through the agent, from a Nova that checks signatures. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  type Guest,
  getCloudInit,
  plugGuest,
  ROOT,
  type Running,
  removeNetns,
  runCloudInit,
  start,
  testLab,
} from "../kit/mod.ts";

const SECRET = "of nova and cable";
const NOVA_PORT = 8775;
const INSTANCE = "6f70656e-7374-6163-6b20-697320666f72";

const lab = testLab({
  hosts: { host1: { metadata: { url: `http://127.0.0.1:${NOVA_PORT}`, secret: SECRET } } },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {},
});

let guest: Guest | undefined;
let nova: Running | undefined;
after(async () => {
  await nova?.stop();
  if (guest !== undefined) await removeNetns(guest.netns);
});

/** A script that says that it ran; padded to the 64 KiB less one that user data may have. */
const USER_DATA = `#!/bin/sh
echo "the script ran on $(cat /var/lib/cloud/data/instance-id)" >/script-ran
`.padEnd(65_535, "# padding\n");

async function setUp(): Promise<Guest> {
  if (guest !== undefined) return guest;
  const userDataFile = join(lab().directory, "user-data");
  await writeFile(userDataFile, USER_DATA);
  const host = lab().host("host1");
  nova = start({
    name: "nova",
    command: [process.execPath, join(ROOT, "test/kit/nova-metadata.ts"), String(NOVA_PORT), SECRET, userDataFile],
    logFile: join(lab().directory, "nova.log"),
    netns: host.netns,
  });
  const port = await lab().neutron.create("port", {
    network_id: lab().networks.get("tenant")?.network.id,
    device_owner: "compute:nova",
    device_id: INSTANCE,
    "binding:host_id": "host1",
  });
  guest = await plugGuest(lab(), host, port);
  return guest;
}

const without = await getCloudInit().then(
  () => false as const,
  (error: Error) => `cloud-init cannot be had: ${error.message}`,
);

const QUERY = `cloud-init init >/dev/null
cloud-init modules --mode final >/dev/null
echo "id $(cat /var/lib/cloud/data/instance-id)"
echo "userdata $(wc -c </var/lib/cloud/instance/user-data.txt)"
echo "source $(cat /var/lib/cloud/data/result.json /run/cloud-init/result.json 2>/dev/null | grep -m 1 datasource)"
cat /script-ran`;
/** With what DHCP tells, as a guest's own network scripts do. */
const DHCP = `busybox udhcpc -f -q -n -t 10 -T 1 -i eth0 -O staticroutes -s ${join(ROOT, "test/kit/lease.sh")} >/dev/null 2>&1`;
const SLAAC =
  "ip link set eth0 up; until ip -6 addr show dev eth0 scope link -tentative | grep -q fe80; do sleep 0.2; done";

const RUNS = [
  {
    what: "OpenStack, before there is a network, by a DHCP client of its own",
    datasource: "OpenStack",
    url: "http://169.254.169.254",
    steps: "cloud-init init --local >/dev/null",
  },
  { what: "OpenStack over IPv6 alone", datasource: "OpenStack", url: "http://[fe80::a9fe:a9fe%eth0]", steps: SLAAC },
  { what: "Ec2", datasource: "Ec2", url: "http://169.254.169.254", steps: DHCP },
] as const;

test("cloud-init gets its id and user data, whose script runs", { skip: without }, async (t) => {
  const { netns } = await setUp();
  const outcomes = await runCloudInit(
    netns,
    RUNS.map(({ steps, ...rest }) => ({ ...rest, steps: `rm -f /script-ran\n${steps}\n${QUERY}` })),
  );
  for (const [i, { what, datasource }] of RUNS.entries()) {
    await t.test(`by ${what}`, () => {
      const { code, stdout } = outcomes[i] ?? assert.fail("it was not run");
      assert.equal(code, 0, stdout);
      const id = datasource === "Ec2" ? `i-${INSTANCE}` : INSTANCE;
      assert.match(stdout, new RegExp(`^id ${id}$`, "m"));
      assert.match(stdout, new RegExp(`^userdata ${USER_DATA.length}$`, "m"));
      assert.match(stdout, new RegExp(`^source .*DataSource${datasource}`, "m"));
      assert.match(stdout, new RegExp(`^the script ran on ${id}$`, "m"));
    });
  }
});
