/** Routers, floating IPs and what is part of them, as the door serves them. */
import { type Resource, resource } from "./resource.ts";
import { ROUTER_ACTIONS } from "./router-actions.ts";
import { CONNTRACK_HELPER } from "./tables/conntrack-helper.ts";
import { FLOATINGIP, FLOATINGIP_POOL } from "./tables/floatingip.ts";
import { LOCAL_IP, LOCAL_IP_ASSOCIATION } from "./tables/local-ip.ts";
import { NDP_PROXY } from "./tables/ndp-proxy.ts";
import { PORT_FORWARDING } from "./tables/port-forwarding.ts";
import { ROUTER } from "./tables/router.ts";

export const L3_RESOURCES: readonly Resource[] = [
  resource({ kind: "router", attributes: ROUTER, actions: ROUTER_ACTIONS, hasTags: true, hasBulk: false }),
  resource({ kind: "floatingip", attributes: FLOATINGIP, hasTags: true, hasBulk: false }),
  resource({
    kind: "port_forwarding",
    attributes: PORT_FORWARDING,
    path: "port_forwardings",
    parent: { kind: "floatingip", name: "floatingip", path: "floatingips", field: "floatingip_id" },
  }),
  resource({ kind: "floatingip_pool", attributes: FLOATINGIP_POOL, methods: ["list"] }),
  resource({
    kind: "conntrack_helper",
    attributes: CONNTRACK_HELPER,
    parent: { kind: "router", name: "router", path: "routers", field: "router_id" },
  }),
  resource({ kind: "ndp_proxy", collection: "ndp_proxies", attributes: NDP_PROXY }),
  resource({ kind: "local_ip", attributes: LOCAL_IP }),
  resource({
    kind: "local_ip_association",
    name: "port_association",
    attributes: LOCAL_IP_ASSOCIATION,
    methods: ["list", "show", "create", "delete"],
    parent: { kind: "local_ip", name: "local_ip", path: "local_ips", field: "local_ip_id" },
  }),
];
