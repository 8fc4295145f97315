/** The router of a pod network: what its pods take for their gateway, and where other networks are joined to it. */
import type { Caller, Networking } from "../../../api/mod.ts";
import type { FixedIp, Id, SubnetRecord } from "../../../model/mod.ts";
import type { ClusterConfig } from "../config.ts";
import { clusterTag } from "../groups/names.ts";

const INTERFACE_OWNER = "network:router_interface";

/** Subnets whose gateway nobody is yet get the cluster's own router. Returns the one that is the pods' gateway. @throws Fault */
export async function ensureRouter(
  networking: Networking,
  admin: Caller,
  { name, project_id }: ClusterConfig,
  networkId: Id,
): Promise<Id> {
  const subnets = await networking.list(admin, "subnet", { network_id: [networkId] });
  const ports = await networking.list(admin, "port", { network_id: [networkId] });
  const ends = ports.filter((port) => port.network_id === networkId && port.device_owner === INTERFACE_OWNER);
  const taken = new Set(ends.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => ip_address)));
  const open = subnets.filter(
    ({ network_id, gateway_ip }) => network_id === networkId && gateway_ip !== null && !taken.has(gateway_ip),
  );
  const gateway = ends.find(({ fixed_ips }) => subnets.some((subnet) => fixed_ips.some(isGatewayOf(subnet))));
  if (open.length === 0 && gateway !== undefined) return gateway.device_id;
  const routers = await networking.list(admin, "router", { project_id: [project_id] });
  let router = routers.find((one) => one.project_id === project_id && one.tags.includes(clusterTag(name)));
  router ??= (
    await networking.create(admin, "router", [
      {
        project_id,
        name: `kubernetes ${name}`,
        description: `gateway of the pods of cluster ${name}`,
        tags: [clusterTag(name)],
      },
    ])
  )[0];
  for (const { id } of open) {
    await networking.act(admin, "router", String(router?.id), "add_router_interface", { subnet_id: id });
  }
  return gateway?.device_id ?? String(router?.id);
}

const isGatewayOf =
  ({ id, gateway_ip }: Pick<SubnetRecord, "id" | "gateway_ip">) =>
  ({ subnet_id, ip_address }: FixedIp) =>
    subnet_id === id && ip_address === gateway_ip;
