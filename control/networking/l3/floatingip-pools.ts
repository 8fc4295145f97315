/** Where floating IPs can be had: the IPv4 subnets of external networks (neutron/db/l3_fip_pools_db.py). Read only. */
import type { Caller, DerivedRow } from "../../../api/mod.ts";
import { fault } from "../../../model/mod.ts";
import { seesNetwork } from "../access.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { inOrder } from "./lookups.ts";

const EXTERNAL_NETWORKS = index("network", (network) => (network["router:external"] ? ["external"] : []));

function* poolsOf({ memory }: Env, reader: Reader, caller: Caller): Iterable<DerivedRow> {
  for (const network of inOrder(reader.select(EXTERNAL_NETWORKS, "external"))) {
    if (!seesNetwork(caller, network, reader)) continue;
    for (const id of memory.subnetsOfNetwork(network.id)) {
      const subnet = reader.get("subnet", id);
      if (subnet?.ip_version !== 4) continue;
      // The caller's own project, as there: a pool belongs to nobody.
      const { name: subnet_name, cidr } = subnet;
      yield { subnet_id: id, subnet_name, project_id: caller.projectId, network_id: network.id, cidr };
    }
  }
}

export function floatingIpPoolPlan(env: Env): ResourcePlan<"floatingip_pool"> {
  return {
    sees: () => true,
    notFound: (id) => fault("ObjectNotFound", { id }),
    derived: {
      get: () => undefined,
      list: (reader, caller) => poolsOf(env, reader, caller),
    },
  };
}
