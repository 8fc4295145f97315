/**
 * Tells Nova what happens to its servers' ports: without that, Nova waits for VIFs in vain. Knows nothing of how ports
 * come to change: it reads it off the transactions.
 * Invariant: an event is in the store as soon as, and only if, what it tells is.
 */
export { Courier, type CourierOptions } from "./courier.ts";
export { novaAt } from "./nova.ts";
export { withOutbox } from "./outbox.ts";
