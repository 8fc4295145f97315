/** Security groups and what is around them, as the door serves them. */
import { fault, parsePrefix } from "../../model/mod.ts";
import { schemaOf } from "./json-schema.ts";
import { pyStr } from "./python.ts";
import { type Action, type Resource, resource } from "./resource.ts";
import { ADDRESS_GROUP } from "./tables/address-group.ts";
import { SECURITY_GROUP } from "./tables/security-group.ts";
import { DEFAULT_SECURITY_GROUP_RULE, SECURITY_GROUP_RULE } from "./tables/security-group-rule.ts";
import type { Json } from "./validators.ts";
import { subnetList } from "./validators-ip.ts";

/** `{"addresses": [...]}`. Neutron fails on another form; here that is a bad request. @throws Fault */
function readAddresses(body: Json | undefined): Json {
  const addresses = body?.addresses;
  if (!Array.isArray(addresses)) {
    throw fault("HTTPBadRequest", { msg: "Unable to find 'addresses' in request body" });
  }
  return {
    addresses: addresses.map((address) => {
      const prefix = typeof address === "string" ? parsePrefix(address) : undefined;
      if (prefix === undefined) throw fault("AddrFormatError", { msg: `invalid IPNetwork ${pyStr(address)}` });
      return prefix.cidr;
    }),
  };
}

const changeAddresses = (name: string): Action => ({
  name,
  method: "PUT",
  prepare: readAddresses,
  body: { type: "object", properties: { addresses: schemaOf(subnetList) }, required: ["addresses"] },
  answer: "wrapped resource",
});

export const GROUP_RESOURCES: readonly Resource[] = [
  resource({ kind: "security_group", attributes: SECURITY_GROUP, hasTags: true }),
  resource({
    kind: "security_group_rule",
    attributes: SECURITY_GROUP_RULE,
    methods: ["list", "show", "create", "delete"],
    policyParent: { kind: "security_group", field: "security_group_id" },
  }),
  resource({
    kind: "default_security_group_rule",
    attributes: DEFAULT_SECURITY_GROUP_RULE,
    methods: ["list", "show", "create", "delete"],
  }),
  resource({
    kind: "address_group",
    attributes: ADDRESS_GROUP,
    actions: [changeAddresses("add_addresses"), changeAddresses("remove_addresses")],
  }),
];
