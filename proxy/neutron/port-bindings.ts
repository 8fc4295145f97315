/** The bindings of a port, one for each host that it is on or going to; their id in a path is the host. */
import { type Resource, resource } from "./resource.ts";
import { PORT_BINDING } from "./tables/port-binding.ts";

export const PORT_BINDING_RESOURCE: Resource = resource({
  kind: "port_binding",
  name: "binding",
  attributes: PORT_BINDING,
  parent: { kind: "port", name: "port", path: "ports", field: "port_id" },
  actions: [{ name: "activate", method: "PUT", prepare: () => ({}), answer: "resource" }],
});
