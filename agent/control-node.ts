import type { HostClient } from "../api/client.ts";
import type { Id } from "../model/mod.ts";

export { ControlFailure } from "../api/client.ts";

/** The control node as the agent's parts need it: {@link HostClient}, which fails over between several. */
export interface ControlNode extends Pick<HostClient, "watch" | "report" | "deletePort"> {
  createPort(port: Parameters<HostClient["createPort"]>[0]): Promise<{ id: Id }>;
}
