/** Where addresses come from and who may use what: subnet pools, address scopes and RBAC policies. */
import { type Action, type Resource, resource } from "./resource.ts";
import { ADDRESS_SCOPE } from "./tables/address-scope.ts";
import { NETWORK_IP_AVAILABILITY } from "./tables/network-ip-availability.ts";
import { RBAC_POLICY } from "./tables/rbac-policy.ts";
import { SUBNETPOOL } from "./tables/subnetpool.ts";

/** Bodies without the resource's name around them, and answers too; what they must have, the networking interface says. */
const action = (name: string): Action => ({ name, method: "PUT", prepare: (body) => body ?? {}, answer: "result" });

const POOL_ACTIONS = ["add_prefixes", "remove_prefixes", "onboard_network_subnets"].map(action);

export const POOL_RESOURCES: readonly Resource[] = [
  resource({ kind: "subnetpool", attributes: SUBNETPOOL, actions: POOL_ACTIONS, hasTags: true }),
  resource({
    kind: "network_ip_availability",
    collection: "network_ip_availabilities",
    attributes: NETWORK_IP_AVAILABILITY,
    methods: ["list", "show"],
  }),
  resource({ kind: "address_scope", attributes: ADDRESS_SCOPE }),
  resource({ kind: "rbac_policy", collection: "rbac_policies", attributes: RBAC_POLICY }),
];
