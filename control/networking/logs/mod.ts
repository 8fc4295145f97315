/**
 * Logs of what security groups let through or not. Nothing is logged here.
 * Invariant: a log names only a group and a port that are there, and goes with them.
 */
export { loggablePlan, logPlan, removeLogsOfGroup, removeLogsOfPort } from "./log.ts";
