/** Debian's `openstack` client: each of its commands for the network API, row by row. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { HOSTS, type OpenStack, PHYSICAL_NETWORK, startOpenStack } from "./openstack.ts";
import { commandOf, play, type Row, Session, wordsOf } from "./openstack-client.ts";
import { ADMIN_ROWS } from "./openstack-client-admin.ts";
import { COMMON_COMMANDS, NETWORK_GROUPS, NOT_DRIVEN, NOT_USED, optionsOf } from "./openstack-client-commands.ts";
import { NETWORK_ROWS } from "./openstack-client-networks.ts";
import { OPTION_ROWS } from "./openstack-client-options.ts";
import { PORT_ROWS } from "./openstack-client-ports.ts";
import { ROUTER_ROWS } from "./openstack-client-routers.ts";
import { SECURITY_ROWS } from "./openstack-client-security.ts";

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  ...NETWORK_ROWS,
  ...PORT_ROWS,
  ...ROUTER_ROWS,
  ...SECURITY_ROWS,
  ...ADMIN_ROWS,
  ...OPTION_ROWS,
};

let openstack: OpenStack;
let sessions: Record<"admin" | "demo", Session>;

before(async () => {
  openstack = await startOpenStack();
  const { keystone } = openstack;
  sessions = { admin: new Session(keystone.env("admin")), demo: new Session(keystone.env("demo")) };
});
after(async () => {
  for (const session of Object.values(sessions ?? {})) session.close();
  await openstack?.stop();
});

for (const [title, rows] of Object.entries(ROWS)) {
  describe(title, () => {
    const kept = new Map<string, string>([
      ["host", HOSTS[0]],
      ["physnet", PHYSICAL_NETWORK],
    ]);
    if (title === "agents") before(() => openstack.hostsSeen());
    for (const row of rows) it(row[0], () => play(sessions[row[2]?.as ?? "admin"], row, kept));
  });
}

/** Collections of the API that rows fill. */
const COLLECTIONS = [
  ...["networks", "subnets", "ports", "routers", "floatingips", "security-groups", "address-groups", "rbac-policies"],
  ...["subnetpools", "address-scopes", "qos/policies", "trunks", "segments", "network_segment_ranges", "local_ips"],
  ...["flavors", "service_profiles", "log/logs", "metering/metering-labels"],
];
type Named = { name?: string; default?: boolean };

it("nothing is left that the rows made", async () => {
  const admin = await openstack.as("admin");
  for (const path of COLLECTIONS) {
    const reply = (await admin.request("GET", `/v2.0/${path}`)) as Record<string, Named[]>;
    // Each project has a security group of this name, and each type of network a range that the rows did not make.
    const left = Object.values(reply).flatMap((all) => all.filter((each) => each.name !== "default" && !each.default));
    assert.deepEqual(left, [], path);
  }
});

/** The commands for the network API that the client offers. */
async function offered(): Promise<string[]> {
  const { stdout } = await sessions.admin.run(["command", "list", "-f", "json"]);
  const groups = JSON.parse(stdout) as { "Command Group": string; Commands: string[] }[];
  const own = groups.filter((group) => NETWORK_GROUPS.includes(group["Command Group"]));
  return own.flatMap((group) => group.Commands).concat(COMMON_COMMANDS);
}

/** What the rows type: each command with all words that follow it. */
function driven(commands: readonly string[]): Map<string, Set<string>> {
  const known = new Set(commands);
  const found = new Map<string, Set<string>>();
  for (const [line] of Object.values(ROWS).flat()) {
    const command = commandOf(line, known) ?? assert.fail(`not a command: ${line}`);
    found.set(command, new Set([...(found.get(command) ?? []), ...wordsOf(line)]));
  }
  return found;
}

it("every command of the client for the network API is in a row, or in the list of those that are not", async () => {
  const commands = await offered();
  assert.ok(commands.length > 250, `the client has but ${commands.length} commands`);
  const typed = driven(commands);
  const reasons = Object.keys(NOT_DRIVEN);
  const missing = commands.filter((each) => !typed.has(each) && !reasons.some((start) => each.startsWith(start)));
  assert.deepEqual(missing, [], "no row drives these");
  const idle = reasons.filter((start) => !commands.some((each) => each.startsWith(start) && !typed.has(each)));
  assert.deepEqual(idle, [], "these reasons are for no command");
});

it("every option of these commands is in a row, or in the list of those that are not", async () => {
  const missing: string[] = [];
  for (const [command, words] of driven(await offered())) {
    if (COMMON_COMMANDS.includes(command)) continue; // most of their options are for other services
    const { stdout } = await sessions.admin.run(["help", ...command.split(" ")]);
    missing.push(...optionsOf(stdout).flatMap((option) => (words.has(option) ? [] : `${command} ${option}`)));
  }
  assert.deepEqual(missing.sort(), Object.keys(NOT_USED).sort());
});
