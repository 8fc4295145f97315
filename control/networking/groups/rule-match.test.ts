import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../model/mod.ts";
import { ruleKey } from "./rule-key.ts";
import { readRule } from "./rule-match.ts";

const G = "11111111-1111-1111-1111-111111111111";

/** [attributes, what is kept of them, or the message of the refusal] */
const rules: [Record<string, unknown>, Record<string, unknown> | string][] = [
  [{}, { protocol: null, ethertype: "IPv4", port_range_min: null }],
  [
    { protocol: "tcp", port_range_min: 1, port_range_max: 65535 },
    { port_range_min: null, port_range_max: null },
  ],
  [
    { protocol: "tcp", port_range_min: 22, port_range_max: 22 },
    { port_range_min: 22, port_range_max: 22 },
  ],
  [{ protocol: "udplite", port_range_min: 2, port_range_max: 3 }, { port_range_max: 3 }],
  [{ port_range_min: 22, port_range_max: 22 }, "Must also specify protocol if port range is given."],
  [{ protocol: "tcp", port_range_min: 0, port_range_max: 22 }, "Invalid value for port 0"],
  [
    { protocol: "6", port_range_min: 23, port_range_max: 22 },
    "For TCP/UDP protocols, port_range_min must be <= port_range_max",
  ],
  [{ protocol: "tcp", port_range_min: 22 }, "For TCP/UDP protocols, port_range_min must be <= port_range_max"],
  [
    { protocol: "icmp", port_range_min: 8, port_range_max: 0 },
    { port_range_min: 8, port_range_max: 0 },
  ],
  [
    { protocol: "icmp", port_range_min: 8 },
    { port_range_min: 8, port_range_max: null },
  ],
  [{ protocol: "icmp", port_range_min: 256 }, "Invalid value for ICMP type (port_range_min) 256. It must be 0 to 255."],
  [
    { protocol: "1", port_range_min: 1, port_range_max: 256 },
    "Invalid value for ICMP code (port_range_max) 256. It must be 0 to 255.",
  ],
  [
    { protocol: "icmp", port_range_max: 1 },
    "ICMP code (port-range-max) 1 is provided but ICMP type (port-range-min) is missing.",
  ],
  [
    { protocol: "gre", port_range_min: 1, port_range_max: 2 },
    "Ports cannot be specified for protocol 47. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.",
  ],
  [{ protocol: "icmp", ethertype: "IPv6" }, { protocol: "ipv6-icmp" }],
  [{ protocol: "icmpv6", ethertype: "IPv6" }, { protocol: "ipv6-icmp" }],
  [{ protocol: "1", ethertype: "IPv6" }, { protocol: "58" }],
  [{ protocol: "icmpv6" }, "Invalid ethertype IPv4 for protocol icmpv6."],
  [{ protocol: "43" }, "Invalid ethertype IPv4 for protocol 43."],
  [{ remote_ip_prefix: "10.0.0.5/24" }, { remote_ip_prefix: "10.0.0.5/24" }],
  [{ remote_ip_prefix: "10.0.0.5" }, { remote_ip_prefix: "10.0.0.5/32" }],
  [{ remote_ip_prefix: "2001:DB8::/32", ethertype: "IPv6" }, { remote_ip_prefix: "2001:db8::/32" }],
  [{ remote_ip_prefix: "2001:db8::/32" }, "Conflicting value ethertype IPv4 for CIDR 2001:db8::/32"],
  [
    { remote_ip_prefix: "10.0.0.0/8", remote_group_id: G },
    "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
  ],
  [
    { remote_address_group_id: G, remote_group_id: G },
    "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
  ],
];
for (const [attributes, expected] of rules) {
  test(`a rule of ${JSON.stringify(attributes)}: ${JSON.stringify(expected)}`, () => {
    const read = () => readRule({ direction: "ingress", ...attributes });
    if (typeof expected === "string") {
      return assert.throws(read, (error) => error instanceof Fault && error.message.startsWith(expected));
    }
    const rule: Record<string, unknown> = { ...read() };
    for (const [name, value] of Object.entries(expected)) assert.equal(rule[name], value);
  });
}

/** [one, another, whether they are the same] */
const pairs: [Record<string, unknown>, Record<string, unknown>, boolean][] = [
  [{ protocol: "tcp" }, { protocol: "6" }, true],
  [{ protocol: "tcp" }, { protocol: "udp" }, false],
  [{ protocol: "icmp", ethertype: "IPv6" }, { protocol: "58", ethertype: "IPv6" }, true],
  [{}, { remote_ip_prefix: "0.0.0.0/0" }, true],
  [{ ethertype: "IPv6" }, { remote_ip_prefix: "::/0", ethertype: "IPv6" }, true],
  [{}, { ethertype: "IPv6" }, false],
  [{}, { direction: "egress" }, false],
  [{ remote_ip_prefix: "10.0.0.0/8" }, { remote_ip_prefix: "10.0.0.1/8" }, false],
  [{ remote_group_id: G }, { remote_address_group_id: G }, false],
  [{ protocol: "tcp", port_range_min: 1, port_range_max: 65535 }, { protocol: "tcp" }, true],
];
for (const [one, other, isSame] of pairs) {
  test(`${JSON.stringify(one)} and ${JSON.stringify(other)} are ${isSame ? "the same rule" : "two rules"}`, () => {
    const key = (attributes: Record<string, unknown>) => ruleKey(readRule({ direction: "ingress", ...attributes }));
    assert.equal(key(one) === key(other), isSame);
  });
}
