/** What may be asked for a pod by annotations, of its own or of its namespace. */
import type { Labels, Pod } from "./objects.ts";

const PREFIX = "cable.dev/";

/** Name or id of the network of a pod's first interface; on a namespace: of all its pods that do not say. */
export const NETWORK = `${PREFIX}network`;
/** Names or ids of security groups, with commas: in place of being open where no policy isolates the pod. */
export const SECURITY_GROUPS = `${PREFIX}security-groups`;
/** Addresses, with commas. */
export const IP_ADDRESS = `${PREFIX}ip-address`;
export const MAC_ADDRESS = `${PREFIX}mac-address`;

export interface PodWishes {
  network: string | undefined;
  securityGroups: string[] | undefined;
  ips: string[];
  mac: string | undefined;
}

const listOf = (text: string | undefined): string[] | undefined =>
  text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

export function wishesOf({ metadata }: Pod, namespaceAnnotations: Labels): PodWishes {
  const own = metadata.annotations ?? {};
  return {
    network: own[NETWORK] ?? namespaceAnnotations[NETWORK],
    securityGroups: listOf(own[SECURITY_GROUPS]),
    ips: listOf(own[IP_ADDRESS]) ?? [],
    mac: own[MAC_ADDRESS],
  };
}
