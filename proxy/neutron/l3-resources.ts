/** Routers, floating IPs and what is part of them, as the door serves them. */
import { type Resource, resource } from "./resource.ts";
import { ROUTER_ACTIONS } from "./router-actions.ts";
import { FLOATINGIP } from "./tables/floatingip.ts";
import { PORT_FORWARDING } from "./tables/port-forwarding.ts";
import { ROUTER } from "./tables/router.ts";

export const L3_RESOURCES: readonly Resource[] = [
  resource({ kind: "router", attributes: ROUTER, actions: ROUTER_ACTIONS, hasTags: true }),
  resource({ kind: "floatingip", attributes: FLOATINGIP, hasTags: true }),
  resource({
    kind: "port_forwarding",
    attributes: PORT_FORWARDING,
    path: "port_forwardings",
    parent: { kind: "floatingip", name: "floatingip", path: "floatingips", field: "floatingip_id" },
  }),
];
