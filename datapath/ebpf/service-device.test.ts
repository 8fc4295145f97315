import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeHost } from "../../host/fake/host.ts";
import { SystemError } from "../../host/mod.ts";
import { openService } from "./service-device.ts";

const names = { sockets: "svc0", far: "svc1" };

test("sockets are at the addresses of both families; where there is no IPv6, at IPv4's", () => {
  const { links } = new FakeHost();
  const both = openService(links, names);
  assert.deepEqual([both.far.name, both.ips], ["svc1", ["169.254.127.254", "fdca:b1e0:0:1:ffff::1"]]);
  const addAddress = links.addAddress.bind(links);
  links.addAddress = (index, address) => {
    if (address.ip.includes(":")) throw new SystemError("add address", "EACCES");
    addAddress(index, address);
  };
  assert.deepEqual(openService(links, names).ips, ["169.254.127.254"]);
});
