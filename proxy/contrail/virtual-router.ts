/** The type `virtual_router`: what the data plane of a host is, for the plugin's choice of a port's vif_type. */
import { fault } from "../../model/mod.ts";
import { bad } from "./envelope.ts";
import { type Ask, needId } from "./operations.ts";

/** Every host forwards in its kernel. @throws Fault HostNotFound for a host that is not known */
export async function operateVirtualRouter(ask: Ask): Promise<string> {
  if (ask.operation !== "READ") throw bad(ask.type, `there is no operation '${ask.operation}' on it`);
  const host = needId(ask);
  const [agent] = await ask.networking.list({ ...ask.caller, isAdmin: true }, "agent", { host: [host] });
  if (agent === undefined || agent.host !== host) throw fault("HostNotFound", { host });
  return JSON.stringify({ dpdk_enabled: false });
}
