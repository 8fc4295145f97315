/**
 * The CNI verbs for containers of this host, as the executable forwards them. Never tells the data plane anything
 * itself: it makes the veth pair, and waits until the agent's loop has the port in force.
 * Invariant: nothing of an attachment exists that its record on disk does not lead to.
 */
export * from "./attachments.ts";
export * from "./cni.ts";
export * from "./failure.ts";
export * from "./request.ts";
export { planWiring, resultBody } from "./result.ts";
