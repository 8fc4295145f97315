/** What a running lab's owner can look at and type next. */
import type { LabState } from "../../test/kit/mod.ts";

/** The lab's parts and addresses. */
export function describe(state: LabState): string {
  const rows = [
    ["API", state.url, "Neutron at /v2.0, hosts at /v1, /healthz, /metrics"],
    ...state.hosts.map(({ name, underlay, socket }) => [
      name,
      `${underlay.ip4} ${underlay.ip6}`,
      `agent: ${socket}, metrics: http://${underlay.ip4}:9697/metrics`,
    ]),
    ...state.workloads.map(({ name, ips, kind, host, network }) => [
      name,
      ips.join(" "),
      `${kind} on ${host}, network ${network}`,
    ]),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(([a = "", b = "", c]) => `  ${a.padEnd(width(0))}  ${b.padEnd(width(1))}  ${c}`).join("\n");
}

/** Commands to copy. */
export function nextSteps(state: LabState): string {
  const [first] = state.workloads;
  const second = state.workloads.find((other) => other !== first && other.network === first?.network);
  const host = state.hosts[0];
  if (first === undefined || second === undefined || host === undefined) return "";
  const [ip = ""] = second.ips;
  return `Try:
  curl -s ${state.url}/v2.0/ports | python3 -m json.tool
  curl -s -X POST ${state.url}/v2.0/networks -H 'Content-Type: application/json' -d '{"network": {"name": "mine"}}'
  export OS_AUTH_TYPE=none OS_ENDPOINT=${state.url}; openstack network list; openstack port list
  ./cable lab enter ${first.name}                       a shell in it (leave a virtual machine's with Ctrl-])
  ./cable lab enter ${first.name} busybox ping -c 3 ${ip}
  ./cable lab enter ${host.name} tcpdump -ni eth0 udp port 4789
  ./cable lab enter ${first.host} ./cable trace --port ${first.name} --to ${ip} --tcp 80
  ./cable lab enter ${host.name} ./cable flows       or vif, route, drops --follow
  ./cable lab status | ./cable lab down`;
}
