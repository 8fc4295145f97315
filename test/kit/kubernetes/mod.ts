/**
 * A real Kubernetes in a lab: an API server with its etcd, controller manager and scheduler, and nodes with kubelet,
 * containerd and runc, each node in namespaces of its own, on the lab's switch as every host is, with a Cable agent inside.
 * The binaries are found, never made: without them {@link missingKubernetes} says what is not there.
 * Invariant: all that it makes carries the lab's name, and every process ends with the one that started it.
 */
export * from "./audit.ts";
export * from "./binaries.ts";
export * from "./cluster.ts";
export * from "./cni.ts";
export * from "./control-plane.ts";
export { PEER_PATH } from "./images.ts";
export * from "./kubectl.ts";
export * from "./node.ts";
export * from "./outside.ts";
export * from "./pods.ts";
export * from "./test-cluster.ts";
