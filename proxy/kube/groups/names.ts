/** How a cluster's security groups are called and told from others. */
import { createHash } from "node:crypto";

/** neutron-lib NAME_FIELD_SIZE. */
const MAX_NAME_LENGTH = 255;
const HASH_LENGTH = 16;

export const clusterTag = (cluster: string): string => `kubernetes=${cluster}`;

/** Too long names end in a hash of the whole. */
export function groupName(cluster: string, key: string): string {
  const name = `${cluster}/${key}`;
  if (name.length <= MAX_NAME_LENGTH) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${hash}`;
}
