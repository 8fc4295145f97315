/** The resources that the door serves: one row each; the rest of the door reads the rows. */
import type { ResourceKind } from "../../api/mod.ts";
import type { Attributes } from "./attribute.ts";
import { NETWORK } from "./network.ts";
import { PORT } from "./port.ts";
import { SUBNET } from "./subnet.ts";
import { checkNewSubnet } from "./subnet-rules.ts";

export interface Resource {
  readonly kind: ResourceKind;
  readonly collection: string;
  readonly attributes: Attributes;
  /** Rules across attributes that need nothing but the request, on the converted body. @throws Fault */
  readonly checkNew?: (body: Record<string, unknown>) => void;
}

export const RESOURCES: readonly Resource[] = [
  { kind: "network", collection: "networks", attributes: NETWORK },
  { kind: "subnet", collection: "subnets", attributes: SUBNET, checkNew: checkNewSubnet },
  { kind: "port", collection: "ports", attributes: PORT },
];

const BY_COLLECTION = new Map(RESOURCES.map((resource) => [resource.collection, resource]));

/** The resource of a path's first part; Neutron takes dashes for underscores there. */
export function resourceOf(collection: string): Resource | undefined {
  return BY_COLLECTION.get(collection.replaceAll("-", "_"));
}
