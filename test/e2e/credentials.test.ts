/** A host's credential opens that host's view and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failures, type Host, settled, testLab, until } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    a: { kind: "container", host: "host1", network: "tenant" },
    b: { kind: "container", host: "host2", network: "tenant" },
  },
});

async function status(method: string, path: string, token: string | undefined, body?: unknown): Promise<number> {
  const reply = await fetch(lab().control.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  });
  await reply.body?.cancel();
  return reply.status;
}

test("a wrong token gets 401, another host's token 403, on every path of a host", async () => {
  const mine = lab().host("host1").token;
  const others = lab().host("host2").token;
  const report = { revision: 1, ports: {} };
  const rows = [
    { path: "/v1/hosts/host1/watch", method: "GET", body: undefined },
    { path: "/v1/hosts/host1/status", method: "PUT", body: report },
    {
      path: "/v1/hosts/host1/ports",
      method: "POST",
      body: { network_id: lab().networks.get("tenant")?.network.id, container_id: "x", interface_name: "eth0" },
    },
  ];
  for (const { path, method, body } of rows) {
    assert.equal(await status(method, path, undefined, body), 401, `${path} without a token`);
    assert.equal(await status(method, path, `${mine}x`, body), 401, `${path} with a wrong token`);
    assert.equal(await status(method, path, others, body), 403, `${path} with another host's token`);
  }
  assert.equal(await status("GET", "/v1/hosts/host1/watch", mine), 200);
  assert.equal(await status("GET", "/v1/hosts", mine), 403, "a host may not list hosts");
});

test("an agent with a wrong token sees nothing, says so, and disturbs nobody", async () => {
  const intruder: Host = await lab().addHost("intruder", { token: "0123456789abcdef0123456789abcdef", start: false });
  await intruder.startAgentAlone();
  await until("the agent to say that it is refused", async () =>
    /401|403|token/.test(intruder.agent().tail()) ? true : undefined,
  );
  const state = (await intruder.ask("/v1/status")) as { connected: boolean; synced: boolean; endpoints: number };
  assert.deepEqual(
    { connected: state.connected, synced: state.synced, endpoints: state.endpoints },
    { connected: false, synced: false, endpoints: 0 },
  );
  const entries = (await intruder.dump()).filter((line) => /^(ips|macs|nets|vifs|peers)\[/.test(line));
  assert.deepEqual(entries, []);
  await lab().removeHost("intruder");
  assert.deepEqual(failures(await lab().reach()), []);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
