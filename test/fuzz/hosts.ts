/** Two hosts that have reported what they are, made through the native API. */
import assert from "node:assert/strict";
import { ADMIN } from "./callers.ts";

export const OPERATOR = "operator-operator-operator";

type Call = (
  method: "POST" | "PUT",
  path: string,
  token: string,
  body: object,
) => Promise<{ status: number; text: string }>;

export async function addHosts(call: Call): Promise<void> {
  for (const [at, name] of ["h1", "h2"].entries()) {
    const token = `token-of-host-${name}-${name}`;
    const done = async (...given: Parameters<Call>) => {
      const { status, text } = await call(...given);
      assert.ok(status < 300, text);
    };
    await done("POST", "/v1/hosts", OPERATOR, { name, token, container_projects: [ADMIN.project] });
    const facts = {
      tunnel_ip: `192.0.2.${at + 1}`,
      physical_networks: { physnet1: "eth1" },
      underlay_mtu: 1500,
      agent_version: "1",
      datapath: "ebpf",
    };
    await done("PUT", `/v1/hosts/${name}/status`, token, { revision: 0, ports: {}, facts });
  }
}
