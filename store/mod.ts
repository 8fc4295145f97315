/**
 * The store: etcd, and a memory double for unit tests held to the same contract (store.contract.ts).
 * Knows no resources, only keys and text. Invariant: a transaction is applied whole or not at all.
 */
export * from "./etcd.ts";
export * from "./group-commit.ts";
export * from "./keys.ts";
export * from "./store.ts";
