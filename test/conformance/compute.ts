/**
 * What clients of the network API ask of a compute service: Tempest the name of a host that ports can be bound to, the
 * `openstack quota` commands the project's other quotas. A stand-in, since that service is no part of what is tested.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Keystone } from "../kit/mod.ts";

/** Puts it into Keystone's catalogue; returns what ends it. */
export async function startCompute(keystone: Keystone, hosts: readonly string[]): Promise<() => Promise<void>> {
  const hypervisors = hosts.map((name, index) => ({ id: index + 1, hypervisor_hostname: name, state: "up" }));
  const answer = (path: string): object | undefined => {
    if (path === "/os-hypervisors") return { hypervisors };
    const [, id] = /^\/os-quota-sets\/(\w+)/.exec(path) ?? [];
    return id === undefined ? undefined : { quota_set: { id, instances: 10, cores: 20 } };
  };
  const server = createServer((request, reply) => {
    const found = request.method === "GET" ? answer(request.url ?? "") : undefined;
    reply.writeHead(found ? 200 : 404, { "content-type": "application/json" });
    reply.end(JSON.stringify(found ?? { itemNotFound: { code: 404, message: "not here" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { body } = await keystone.ask("POST", "/services", { service: { type: "compute", name: "nova" } });
  for (const each of ["public", "internal", "admin"]) {
    const endpoint = { service_id: body.service.id, interface: each, region_id: keystone.region, url };
    await keystone.ask("POST", "/endpoints", { endpoint });
  }
  return () => new Promise((resolve) => server.close(() => resolve()));
}
