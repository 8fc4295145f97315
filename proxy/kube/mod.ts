/**
 * The Kubernetes door: pods as ports, and network policies as security groups. It watches API servers and calls the API;
 * of all control nodes one sees to a cluster.
 * Invariants: a pod's port has its groups from the start; nothing is deleted before all of a cluster was read; what others
 * made is never touched: ports by their profile, groups by their tag are the cluster's own.
 */
export { type Kubernetes, startKubernetes } from "./start.ts";
