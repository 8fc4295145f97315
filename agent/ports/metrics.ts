import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Datapath } from "../../datapath/mod.ts";
import type { Dns } from "../dns/mod.ts";
import type { Loop, Responder } from "../loop/mod.ts";
import type { Routes } from "./server.ts";

interface Parts {
  loop: Loop;
  datapath: Datapath;
  responder: Responder;
  dns: Pick<Dns, "outcomes" | "waiting" | "cacheBytes">;
  isConnected(): boolean;
}

/** `GET /metrics` in Prometheus' text form. Counters are read from the data plane when asked for, not before. */
export function metricsRoutes(parts: Parts): Routes {
  const registry = new Registry();
  agentMetrics(registry, parts);
  dnsMetrics(registry, parts);
  portMetrics(registry, parts);
  return {
    "GET /metrics": async () => ({
      status: 200,
      body: await registry.metrics(),
      contentType: registry.contentType,
    }),
    "GET /healthz": () => ({ status: 200, body: { status: "ok" } }),
  };
}

function agentMetrics(registry: Registry, { loop, datapath, responder, isConnected }: Parts): void {
  const registers = [registry];
  const gauge = gaugesIn(registry);
  gauge("cable_agent_connected", "1 when the view stream is open.", () => Number(isConnected()));
  gauge("cable_agent_view_complete", "1 once the control node has given a whole view.", () =>
    Number(loop.held.complete),
  );
  gauge("cable_agent_view_revision", "Revision of the view held.", () => loop.held.revision ?? 0);
  gauge("cable_agent_revision_in_force", "Revision that the data plane has in force.", () => loop.revisionInForce);
  gauge("cable_agent_endpoints", "Endpoints in the view.", () => loop.view.endpoints.size);
  gauge(
    "cable_flow_table_entries",
    "Entries at the last walk over the flow table.",
    () => datapath.flowTable().entries,
  );
  gauge("cable_flow_table_size", "Entries that the flow table can have.", () => datapath.flowTable().size);
  gauge("cable_flow_quota", "Entries of it that one port may have.", () => datapath.flowTable().quota);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("process_cpu_seconds_total", "CPU time used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  new Gauge({
    name: "cable_agent_ports",
    help: "Ports of this host by state.",
    labelNames: ["state"],
    registers,
    collect() {
      const up = [...loop.view.ports.keys()].filter((id) => loop.state(id).up).length;
      this.set({ state: "up" }, up);
      this.set({ state: "down" }, loop.view.ports.size - up);
    },
  });
  const applies = new Histogram({
    name: "cable_agent_apply_seconds",
    help: "Time to plan and apply a change.",
    buckets: [0.0005, 0.002, 0.005, 0.02, 0.1, 0.5, 2],
    registers,
  });
  loop.onApplied(({ durationMs }) => applies.observe(durationMs / 1000));
  counter(registry, "cable_agent_answers_total", "DHCP and router solicitations by outcome.", ["outcome"], (set) => {
    for (const [outcome, count] of responder.outcomes) set({ outcome }, count);
  });
  counter(registry, "cable_host_drops_total", "Drops that no port is to blame for.", ["reason"], (set) => {
    for (const [reason, count] of Object.entries(datapath.hostDrops())) set({ reason }, Number(count));
  });
}

function dnsMetrics(registry: Registry, { dns }: Parts): void {
  counter(
    registry,
    "cable_agent_dns_questions_total",
    "Questions to the DNS service by outcome.",
    ["outcome"],
    (set) => {
      for (const [outcome, count] of dns.outcomes) set({ outcome }, count);
    },
  );
  const gauge = gaugesIn(registry);
  gauge("cable_agent_dns_cache_bytes", "What answers of other servers take in memory.", () => dns.cacheBytes);
  gauge("cable_agent_dns_waiting", "Questions that wait for another server's answer.", () => dns.waiting);
}

function portMetrics(registry: Registry, { loop, datapath }: Parts): void {
  const each = (use: (port: string, counters: NonNullable<ReturnType<Datapath["counters"]>>) => void) => {
    for (const port of loop.view.ports.keys()) {
      const counters = datapath.counters(port);
      if (counters !== undefined) use(port, counters);
    }
  };
  const both = ["port", "direction"];
  counter(registry, "cable_port_packets_total", "Packets, as the workload sends and gets them.", both, (set) =>
    each((port, { rxPackets, txPackets }) => {
      set({ port, direction: "sent" }, Number(rxPackets));
      set({ port, direction: "received" }, Number(txPackets));
    }),
  );
  counter(registry, "cable_port_bytes_total", "Bytes, as the workload sends and gets them.", both, (set) =>
    each((port, { rxBytes, txBytes }) => {
      set({ port, direction: "sent" }, Number(rxBytes));
      set({ port, direction: "received" }, Number(txBytes));
    }),
  );
  const copies = "Copies made of a mirrored port's packets, and those that a tap port got.";
  counter(registry, "cable_port_copies_total", copies, both, (set) =>
    each((port, { mirroredPackets, tappedPackets }) => {
      set({ port, direction: "made" }, Number(mirroredPackets));
      set({ port, direction: "got" }, Number(tappedPackets));
    }),
  );
  counter(registry, "cable_port_drops_total", "Packets dropped, by reason.", ["port", "reason"], (set) =>
    each((port, { drops }) => {
      for (const [reason, count] of Object.entries(drops)) set({ port, reason }, Number(count));
    }),
  );
  new Gauge({
    name: "cable_port_flows",
    help: "Entries of the flow table in the port's quota.",
    labelNames: ["port"],
    registers: [registry],
    collect() {
      this.reset();
      each((port, { flows = 0n }) => this.set({ port }, Number(flows)));
    },
  });
}

/** Makes gauges that are read when asked for. */
const gaugesIn = (registry: Registry) => (name: string, help: string, read: () => number) =>
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });

/** A counter whose values are kept elsewhere: filled anew at each reading, so that what is gone is not shown. */
function counter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  fill: (set: (labels: Record<string, string>, value: number) => void) => void,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      fill((labels, value) => this.inc(labels, value));
    },
  });
}
