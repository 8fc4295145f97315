/**
 * What the control node offers: the networking interface for the doors, and the native routes for agents and operators.
 * Types, schemas and the client; no implementation and no store.
 */
export { describeNativeApi } from "./describe.ts";
export * from "./hosts.ts";
export * from "./networking.ts";
export * from "./quota.ts";
