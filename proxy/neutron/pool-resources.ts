/** Where addresses come from and who may use what: subnet pools, address scopes and RBAC policies. */
import { type Schema, schemaOf } from "./json-schema.ts";
import { type Action, type Resource, resource } from "./resource.ts";
import { ADDRESS_SCOPE } from "./tables/address-scope.ts";
import { NETWORK_IP_AVAILABILITY } from "./tables/network-ip-availability.ts";
import { RBAC_POLICY } from "./tables/rbac-policy.ts";
import { SUBNETPOOL } from "./tables/subnetpool.ts";
import { uuid } from "./validators.ts";
import { subnetList } from "./validators-ip.ts";

/** Bodies without the resource's name around them, and answers too; what they must have, the networking interface says. */
const action = (name: string, body: Schema, result: Schema): Action => ({
  name,
  method: "PUT",
  prepare: (given) => given ?? {},
  body,
  result,
  answer: "result",
});

const PREFIXES: Schema = { type: "object", properties: { prefixes: schemaOf(subnetList) }, required: ["prefixes"] };
const NETWORK_OF_SUBNETS: Schema = {
  type: "object",
  properties: { network_id: schemaOf(uuid) },
  required: ["network_id"],
};

const ONBOARDED: Schema = {
  type: "array",
  items: { type: "object", properties: { id: schemaOf(uuid), cidr: { type: "string", format: "cidr" } } },
};

const POOL_ACTIONS = [
  action("add_prefixes", PREFIXES, PREFIXES),
  action("remove_prefixes", PREFIXES, PREFIXES),
  action("onboard_network_subnets", NETWORK_OF_SUBNETS, ONBOARDED),
];

export const POOL_RESOURCES: readonly Resource[] = [
  resource({ kind: "subnetpool", attributes: SUBNETPOOL, actions: POOL_ACTIONS, hasTags: true, hasBulk: false }),
  resource({
    kind: "network_ip_availability",
    collection: "network_ip_availabilities",
    attributes: NETWORK_IP_AVAILABILITY,
    methods: ["list", "show"],
  }),
  resource({ kind: "address_scope", attributes: ADDRESS_SCOPE }),
  resource({ kind: "rbac_policy", collection: "rbac_policies", attributes: RBAC_POLICY }),
];
