/**
 * The operator's commands: `cable host list` and its like. A thin door over the native API: the commands, their arguments
 * and their help are read from the control node's own description of it, so a route of tomorrow is a command without a
 * line here. Those of `local/` (`cable trace` and its like) ask the agent of the host on which they are started instead.
 * Never decides anything, and keeps nothing.
 */
export { main } from "./main.ts";
