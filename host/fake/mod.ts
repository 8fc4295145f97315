/** A host in memory for tests of everything above it: does nothing to the machine, and logs what it would have done. */
export { FakeMap } from "./bpf.ts";
export { FakeHost, FakeTap, fakeHost } from "./host.ts";
export { FakeNamespace } from "./links.ts";
