/**
 * Answers what people ask about this host's data plane: makes the packet of `cable trace`, finds the port that is meant,
 * and names what an answer names by ids. Never changes anything.
 */
export * from "./find-port.ts";
export * from "./labels.ts";
export * from "./question.ts";
export * from "./tracer.ts";
