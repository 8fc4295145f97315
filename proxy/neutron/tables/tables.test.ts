/** What every table must be, and the values of some that only their resource has. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { type Facts, Fault, type FaultCode } from "../../../model/mod.ts";
import type { Attribute, Attributes } from "../attribute.ts";
import { CONNTRACK_HELPER } from "./conntrack-helper.ts";
import { FLAVOR } from "./flavor.ts";
import { FLOATINGIP } from "./floatingip.ts";
import { quotaOf } from "./quota.ts";
import { RBAC_POLICY } from "./rbac-policy.ts";
import { ROUTER } from "./router.ts";
import { SUBNETPOOL } from "./subnetpool.ts";
import { TAP_FLOW } from "./tap.ts";

const ID = "9b2d9ea1-1a8f-4a47-8e2f-2d3f6e2c9a11";
const isTable = (value: unknown): value is Attributes =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((row) => typeof row === "object" && row !== null && "allowPost" in row);

describe("every table", () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".ts") && !file.includes(".test."));
  for (const file of files) {
    test(`${file}: a default is valid, and nothing is neither shown, given nor asked for`, async () => {
      const tables = Object.entries(await import(`./${file}`)).filter(([, value]) => isTable(value));
      for (const [table, attributes] of tables as [string, Attributes][]) {
        for (const [name, row] of Object.entries(attributes)) checkRow(`${table}.${name}`, row);
      }
    });
  }
});

/** The one default that its own converter refuses, as in Neutron: an RBAC policy without a type. */
const REFUSED = "RBAC_POLICY.object_type";

function checkRow(name: string, row: Attribute): void {
  if (row.allowPost && row.default !== undefined && typeof row.default !== "symbol" && name !== REFUSED) {
    assert.equal(judge(row, row.default).reason, undefined, name);
  }
  if (!row.isVisible) assert.ok(row.allowPost || row.isFilter || name.endsWith(".shared"), `${name} is of no use`);
}

function judge(row: Attribute, given: unknown) {
  const value = row.convert ? row.convert(given) : given;
  const reason = row.validate?.(value);
  return { reason, value: reason === undefined && row.normalise ? row.normalise(value) : value };
}

describe("values of one resource", () => {
  const rows: [table: Attributes, name: string, given: unknown, value: unknown][] = [
    [ROUTER, "external_gateway_info", {}, null],
    [
      ROUTER,
      "external_gateway_info",
      { network_id: ID, enable_snat: "no", external_fixed_ips: [{ ip_address: "2001:DB8::1", other: 1 }] },
      { network_id: ID, enable_snat: false, external_fixed_ips: [{ ip_address: "2001:db8::1" }] },
    ],
    [FLOATINGIP, "floating_ip_address", "FE80::1", "fe80::1"],
    [FLOATINGIP, "fixed_ip_address", null, null],
    [RBAC_POLICY, "object_type", " Network ", "network"],
    [RBAC_POLICY, "target_tenant", "*", "*"],
    [CONNTRACK_HELPER, "port", "21", 21],
    [quotaOf(["port"]), "port", "-1", -1],
  ];
  for (const [table, name, given, value] of rows) {
    test(`${name} ${JSON.stringify(given)} becomes ${JSON.stringify(value)}`, () => {
      assert.deepEqual(judge(table[name] as Attribute, given), { reason: undefined, value });
    });
  }
});

describe("reasons of one resource", () => {
  const rows: [table: Attributes, name: string, given: unknown, reason: string][] = [
    [SUBNETPOOL, "name", " ", "' ' Blank strings are not permitted"],
    [SUBNETPOOL, "prefixes", ["10.0.0.0/24", "10.0.0.0/24"], "Duplicate items in the list: '10.0.0.0/24'"],
    [SUBNETPOOL, "prefixes", ["a"], "'a' is not a valid IP subnet"],
    [CONNTRACK_HELPER, "protocol", "TCP", "TCP is not in valid_values"],
    [CONNTRACK_HELPER, "port", 65_536, "'65536' is too large - must be no larger than '65535'"],
    [FLOATINGIP, "dns_name", "web.", "'web.' is a FQDN. It should be a relative domain name"],
    [
      FLOATINGIP,
      "dns_name",
      "-bad",
      "'-bad' not a valid PQDN or FQDN. Reason: Name '-bad' must not start or end with a hyphen",
    ],
    [TAP_FLOW, "direction", "any", "any is not in valid_values"],
    [quotaOf(["port"]), "port", -5, "'-5' is too small - must be at least '-1'"],
  ];
  for (const [table, name, given, reason] of rows) {
    test(reason, () => assert.equal(judge(table[name] as Attribute, given).reason, reason));
  }

  const faults: [table: Attributes, name: string, given: unknown, code: FaultCode, facts: Facts][] = [
    [RBAC_POLICY, "object_type", "bogus", "InvalidInput", { error_message: "'bogus' is not a valid RBAC object type" }],
    [
      RBAC_POLICY,
      "target_tenant",
      "x",
      "InvalidInput",
      { error_message: "'x' is not a valid target project ID; expected a UUID or '*'" },
    ],
    [FLAVOR, "service_type", "bogus", "InvalidServiceType", { service_type: "bogus" }],
    [
      CONNTRACK_HELPER,
      "protocol",
      "256",
      "InvalidInput",
      {
        error_message:
          "IP protocol '256' is not supported. Only protocol names and their integer representation (0 to 255) are supported",
      },
    ],
  ];
  for (const [table, name, given, code, facts] of faults) {
    test(`${code} for ${name} ${JSON.stringify(given)}`, () => {
      assert.throws(() => judge(table[name] as Attribute, given), new Fault(code, facts));
    });
  }
});
