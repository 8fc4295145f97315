/** Desired against actual, and one loop that closes the difference. Generic: knows no networking. */
export * from "./delta.ts";
