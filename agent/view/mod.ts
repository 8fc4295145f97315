/**
 * The agent's copy of its host's view: fed by the control node's stream, kept on disk for a start without one.
 * Never asks for anything and never interprets what it holds.
 * Invariant: an object leaves the view only by a delete message, or by a complete snapshot that lacks it.
 */
export * from "./held-view.ts";
export * from "./view-file.ts";
