/**
 * The host itself on a network, as a node of Kubernetes is on its pods': its kernel forwards for the workloads there.
 * Invariant: nothing is removed before the view is complete, and what is right is left as it is.
 */
export { Node } from "./node.ts";
