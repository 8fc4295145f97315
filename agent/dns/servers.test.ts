import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseResolvConf, parseServer, ResolvConf } from "./servers.ts";

const servers: [text: string, server: string | undefined][] = [
  ["192.0.2.1", "192.0.2.1 53"],
  ["192.0.2.1:5353", "192.0.2.1 5353"],
  ["2001:db8::1", "2001:db8::1 53"],
  ["[2001:db8::1]:5353", "2001:db8::1 5353"],
  ["fe80::1%eth0", "fe80::1%eth0 53"],
  ["[192.0.2.1]:53", undefined],
  ["192.0.2.1:0", undefined],
  ["192.0.2.1:65536", undefined],
  ["dns.example.org", undefined],
  ["", undefined],
];
for (const [text, expected] of servers) {
  test(`--dns-upstream ${text || "nothing"}: ${expected ?? "refused"}`, () => {
    const server = parseServer(text);
    assert.equal(server && `${server.address} ${server.port}`, expected);
  });
}

test("of resolv.conf the servers count, but for ourselves", () => {
  const text = [
    "search example.org",
    "nameserver 169.254.169.254",
    "nameserver FE80::a9fe:a9fe%eth0",
    "nameserver 192.0.2.1",
    "nameserver\t2001:db8::1 # the other",
    "nameserver not.an.address",
    "#nameserver 192.0.2.9",
  ].join("\n");
  assert.deepEqual(
    parseResolvConf(text).map(({ address }) => address),
    ["192.0.2.1", "2001:db8::1"],
  );
});

test("the file is read again when it has changed, and gone is none", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cable-resolv-"));
  const file = join(directory, "resolv.conf");
  const conf = new ResolvConf(file);
  const at = (nowMs: number) => conf.servers(nowMs).map(({ address }) => address);
  try {
    assert.deepEqual(at(0), []);
    await writeFile(file, "nameserver 192.0.2.1\n");
    assert.deepEqual([at(999), at(1000)], [[], ["192.0.2.1"]]);
    await writeFile(file, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
    assert.deepEqual(at(2000), ["192.0.2.1", "192.0.2.2"]);
    await rm(file);
    assert.deepEqual(at(3000), []);
  } finally {
    await rm(directory, { recursive: true });
  }
});
