/**
 * The control node: serves the API, allocates, derives the hosts' views and streams them. Holds no state of its own:
 * every record is in the store, and memory is a copy that any number of control nodes keep at once. It never touches a
 * data plane. Invariant: what a reply says was written is in the store, and later reads of the same node show it.
 */
export { main } from "./main.ts";
