import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Command } from "commander";
import { addKeystoneFlags, type KeystoneFlags, keystoneOptions } from "./keystone-flags.ts";

const directory = mkdtempSync(join(tmpdir(), "cable-flags-"));
after(() => rmSync(directory, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function optionsOf(flags: string) {
  const command = addKeystoneFlags(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  const parsed = command.parse(flags === "" ? [] : flags.split(" "), { from: "user" }).opts<KeystoneFlags>();
  return keystoneOptions(parsed, log);
}

const url = "--keystone-url http://127.0.0.1:5000";
const password = `--keystone-password-file ${file("password", "a b\\n\n")}`;
const enough = `${url} --keystone-user cable ${password}`;

describe("flags of --auth keystone", () => {
  it("that are enough get the defaults of keystonemiddleware, and OpenStack's usual names", async () => {
    const { log: _, account, ...rest } = await optionsOf(enough);
    const { password, ...facts } = account;
    assert.deepEqual(facts, {
      url: "http://127.0.0.1:5000",
      user: "cable",
      userDomain: "Default",
      project: "service",
      projectDomain: "Default",
      tls: { insecure: false },
    });
    assert.equal(await password(), "a b\\n");
    assert.deepEqual(rest, {
      wwwAuthenticateUri: "http://127.0.0.1:5000",
      cache: { seconds: 300 },
      serviceRoles: ["service"],
      serviceTokenRolesRequired: false,
    });
  });

  it("are all heard", async () => {
    const ca = file("ca.pem", "PEM");
    const more = [
      "--keystone-www-authenticate-uri https://public/v3 --keystone-user-domain D --keystone-project P",
      "--keystone-project-domain E --keystone-region R --keystone-insecure --keystone-token-cache 0",
      `--keystone-service-roles a,b --keystone-service-token-roles-required --keystone-cafile ${ca}`,
    ].join(" ");
    const { account, wwwAuthenticateUri, cache, serviceRoles, serviceTokenRolesRequired } = await optionsOf(
      `${enough} ${more}`,
    );
    const { userDomain, project, projectDomain, region, tls } = account;
    assert.deepEqual([userDomain, project, projectDomain, region], ["D", "P", "E", "R"]);
    assert.deepEqual(tls, { ca: "PEM", insecure: true });
    assert.deepEqual(
      [wwwAuthenticateUri, cache, serviceRoles, serviceTokenRolesRequired],
      ["https://public/v3", { seconds: 0 }, ["a", "b"], true],
    );
  });

  const empty = file("empty", "\n");
  const bad: [name: string, flags: string, says: RegExp][] = [
    ["nothing", "", /needs --keystone-url URL, --keystone-user NAME, --keystone-password-file FILE$/],
    ["no password", `${url} --keystone-user cable`, /needs --keystone-password-file FILE$/],
    ["no file of the password", `${url} --keystone-user a --keystone-password-file /nowhere`, /ENOENT.*\/nowhere/],
    ["an empty password", `${url} --keystone-user a --keystone-password-file ${empty}`, /must hold the password/],
    ["no file of authorities", `${enough} --keystone-cafile /nowhere`, /ENOENT.*\/nowhere/],
    ["an address without http", "--keystone-url controller:5000", /is not an http or https address/],
    ["a name for an address", "--keystone-url controller", /is not an http or https address/],
    ["an address that would end the header", '--keystone-www-authenticate-uri http://a/"', /is not an http/],
    ["a negative time", "--keystone-token-cache -1", /is not a number of seconds/],
    ["a word for a time", "--keystone-token-cache long", /is not a number of seconds/],
  ];
  for (const [name, flags, says] of bad) {
    it(`with ${name} are refused with what is wrong`, () => assert.rejects(optionsOf(flags), says));
  }

  it("with a password in the address are refused, which would be in logs", async () => {
    await assert.rejects(optionsOf("--keystone-url http://a:b@controller:5000"), /is not an http/);
  });

  it("read a new password at the next login", async () => {
    const path = file("changing", "old");
    const { account } = await optionsOf(`${url} --keystone-user cable --keystone-password-file ${path}`);
    file("changing", "new\r\n");
    assert.equal(await account.password(), "new");
  });
});
