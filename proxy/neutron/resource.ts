/** The resources that the door serves: one row each; the rest of the door reads the rows. */
import type { NetworkingTypes, ResourceKind } from "../../api/mod.ts";
import type { Attributes } from "./attribute.ts";
import { NETWORK } from "./network.ts";
import { PORT } from "./port.ts";
import { SUBNET } from "./subnet.ts";
import { checkNewSubnet, checkSubnetChange } from "./subnet-rules.ts";

export interface Resource<K extends ResourceKind = ResourceKind> {
  readonly kind: K;
  readonly collection: string;
  readonly attributes: Attributes;
  /** Rules across attributes that need nothing but the request, on the converted body. */
  readonly checkNew?: (body: Record<string, unknown>) => void;
  /** The same for an update, which needs the members of the record that no update changes. */
  readonly checkChange?: (changes: Record<string, unknown>, record: NetworkingTypes[K]) => void;
}

const network: Resource<"network"> = {
  kind: "network",
  collection: "networks",
  attributes: NETWORK,
};

const subnet: Resource<"subnet"> = {
  kind: "subnet",
  collection: "subnets",
  attributes: SUBNET,
  checkNew: checkNewSubnet,
  checkChange: checkSubnetChange,
};

const port: Resource<"port"> = {
  kind: "port",
  collection: "ports",
  attributes: PORT,
};

export const RESOURCES: readonly Resource[] = [network, subnet, port] as unknown as Resource[];

const BY_COLLECTION = new Map(RESOURCES.map((resource) => [resource.collection, resource]));

/** The resource of a path's first part; Neutron takes dashes for underscores there. */
export function resourceOf(collection: string): Resource | undefined {
  return BY_COLLECTION.get(collection.replaceAll("-", "_"));
}
