import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ip } from "../../model/mod.ts";
import { metadataHeaders, signatureOf } from "./headers.ts";

const port = {
  deviceId: "11111111-2222-3333-4444-555555555555",
  projectId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  fixedIps: [
    { ip: "10.0.0.5" as Ip, subnetId: "s4" },
    { ip: "fd00::5" as Ip, subnetId: "s6" },
  ],
};

test("the signature is that of Nova's own test vector", () => {
  assert.equal(
    signatureOf("secret", port.deviceId),
    "78157a997bac9338a2bef5a1c22bf5cea4d6348bc3b9db4479299a49e28bb7f2",
  );
});

test("what a guest says of itself is taken out, and so is what concerns its connection only", () => {
  const given = {
    "x-instance-id": "somebody",
    "x-tenant-id": "else",
    "x-instance-id-signature": "forged",
    "x-forwarded-for": "192.0.2.1",
    "x-metadata-provider": "x",
    x_instance_id: "by another spelling",
    "x-instance_id_signature": "forged",
    "x-forwarded-host": "nova",
    forwarded: "for=192.0.2.1",
    expect: "100-continue",
    "x-metadata-provider-signature": "y",
    connection: "keep-alive",
    "transfer-encoding": "chunked",
    accept: "*/*",
  };
  assert.deepEqual(
    metadataHeaders(given, port, 4, (id) => signatureOf("secret", id)),
    {
      accept: "*/*",
      "x-instance-id": port.deviceId,
      "x-tenant-id": "aaaaaaaabbbbccccddddeeeeeeeeeeee",
      "x-instance-id-signature": signatureOf("secret", port.deviceId),
      "x-forwarded-for": "10.0.0.5",
    },
  );
});

test("a guest over IPv6 is told by its IPv6 address, by any where it has none of the family", () => {
  assert.equal(metadataHeaders({}, port, 6, () => "s")["x-forwarded-for"], "fd00::5");
  assert.equal(
    metadataHeaders({}, { ...port, fixedIps: port.fixedIps.slice(0, 1) }, 6, () => "s")["x-forwarded-for"],
    "10.0.0.5",
  );
  assert.equal("x-forwarded-for" in metadataHeaders({}, { ...port, fixedIps: [] }, 4, () => "s"), false);
});
