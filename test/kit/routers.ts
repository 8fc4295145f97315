/** Routers, as a lab's user handles them. */
import type { Lab } from "./lab.ts";
import type { Attributes } from "./neutron.ts";

/** A router with the gateway addresses of these networks' subnets. Returns its id. */
export async function addRouter(lab: Lab, name: string, networks: readonly string[]): Promise<string> {
  const router = await lab.neutron.create("router", { name });
  for (const network of networks) await changeInterfaces(lab, router.id, network, "add");
  return router.id;
}

/** Its interfaces in all subnets of a network. */
export async function changeInterfaces(
  lab: Lab,
  router: string,
  network: string,
  what: "add" | "remove",
): Promise<void> {
  const subnets = lab.networks.get(network)?.subnets ?? [];
  for (const { id } of subnets)
    await lab.neutron.request("PUT", `/v2.0/routers/${router}/${what}_router_interface`, { subnet_id: id });
}

export const updateRouter = (lab: Lab, router: string, changes: Attributes) =>
  lab.neutron.update("router", router, changes);
