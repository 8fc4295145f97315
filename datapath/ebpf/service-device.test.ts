import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeHost } from "../../host/fake/host.ts";
import { type Links, SystemError } from "../../host/mod.ts";
import { openService } from "./service-device.ts";

const names = { sockets: "svc0", far: "svc1" };

test("sockets are at the addresses of both families; where there is no IPv6, at IPv4's", () => {
  const { links } = new FakeHost();
  const both = openService(links, names);
  assert.deepEqual([both.far.name, both.ips], ["svc1", ["169.254.127.254", "fdca:b1e0:0:1:ffff::1"]]);
  const withoutIpv6: Links = Object.create(links, {
    addAddress: {
      value: (...[index, address]: Parameters<Links["addAddress"]>) => {
        if (address.ip.includes(":")) throw new SystemError("add address", "EACCES");
        links.addAddress(index, address);
      },
    },
  });
  assert.deepEqual(openService(withoutIpv6, names).ips, ["169.254.127.254"]);
});
