/**
 * The agent's local door: state, ports and the data plane for support, the CNI verbs, and metrics.
 * Never changes anything itself. Invariant: the socket is its owner's alone, and there is one agent behind it.
 */
export * from "./cni-route.ts";
export * from "./explain-routes.ts";
export * from "./metrics.ts";
export * from "./server.ts";
export * from "./state-routes.ts";
