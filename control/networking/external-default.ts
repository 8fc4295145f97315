/** The default external network, of which there is one at most, by a key of the store (neutron/services/auto_allocate/db.py). */
import { fault, type NetworkRecord } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import type { Draft } from "./draft.ts";
import { index } from "./indexes.ts";
import type { Reader } from "./reader.ts";

const DEFAULT = index("network", (network) => (isDefaultExternal(network) ? ["default"] : []));

export const isDefaultExternal = (network: NetworkRecord) => network.is_default && network["router:external"];

export const defaultExternalNetwork = (reader: Reader): NetworkRecord | undefined =>
  reader.select(DEFAULT, "default")[0];

/**
 * Makes the network's wish to be the default come true, or gives it up. Of a network that is not external the wish is
 * checked and then forgotten, as in Neutron. @throws Fault DefaultExternalNetworkExists
 */
export function settleDefault(draft: Draft, before: NetworkRecord | undefined, after: NetworkRecord): NetworkRecord {
  const was = before !== undefined && isDefaultExternal(before);
  const other = after.is_default && !was ? defaultExternalNetwork(draft) : undefined;
  if (other !== undefined) throw fault("DefaultExternalNetworkExists", { net_id: other.id });
  const record = { ...after, is_default: isDefaultExternal(after) };
  if (record.is_default && !was) draft.claim(keys.defaultExternalNetwork, after.id);
  if (!record.is_default && was) draft.release(keys.defaultExternalNetwork);
  return record;
}

/** At the end of a network. */
export function releaseDefault(draft: Draft, network: NetworkRecord): void {
  if (isDefaultExternal(network)) draft.release(keys.defaultExternalNetwork);
}
