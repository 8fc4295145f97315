/** The types of the protocol, with what each can do, and where its objects differ from the Neutron API's. */
import type { Attributes, ResourceKind } from "../../api/mod.ts";
import type { RouterRecord } from "../../model/mod.ts";
import type { Row } from "../neutron/mod.ts";

export type Operation =
  | "CREATE"
  | "READ"
  | "UPDATE"
  | "DELETE"
  | "READALL"
  | "READCOUNT"
  | "ADDINTERFACE"
  | "DELINTERFACE"
  | "ADD_SUBPORTS"
  | "REMOVE_SUBPORTS";

export interface Type {
  readonly kind: ResourceKind;
  readonly operations: readonly Operation[];
  /** The resource of a CREATE or UPDATE as the Neutron API has it. */
  readonly prepare?: (resource: Attributes) => Attributes;
  /** Members that the Neutron API does not show. */
  readonly extra?: (row: Row) => Attributes;
}

const CRUD = ["CREATE", "READ", "UPDATE", "DELETE", "READALL"] as const;

/** The plugin has addresses only, so these say that there is no gateway. */
const NO_GATEWAY: ReadonlySet<unknown> = new Set(["0.0.0.0", "::"]);

const withGateway = (subnet: Attributes): Attributes =>
  NO_GATEWAY.has(subnet.gateway_ip) ? { ...subnet, gateway_ip: null } : subnet;

const gatewayPort = (row: Row): Attributes => ({
  gw_port_id: (row as unknown as RouterRecord).gateways[0]?.port_id ?? null,
  shared: false,
});

export const TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["network", { kind: "network", operations: [...CRUD, "READCOUNT"] }],
  ["subnet", { kind: "subnet", operations: [...CRUD, "READCOUNT"], prepare: withGateway }],
  ["port", { kind: "port", operations: [...CRUD, "READCOUNT"] }],
  [
    "router",
    { kind: "router", operations: [...CRUD, "READCOUNT", "ADDINTERFACE", "DELINTERFACE"], extra: gatewayPort },
  ],
  ["floatingip", { kind: "floatingip", operations: [...CRUD, "READCOUNT"] }],
  ["security_group", { kind: "security_group", operations: CRUD }],
  ["security_group_rule", { kind: "security_group_rule", operations: ["CREATE", "READ", "DELETE", "READALL"] }],
  ["trunk", { kind: "trunk", operations: [...CRUD, "ADD_SUBPORTS", "REMOVE_SUBPORTS"] }],
]);
