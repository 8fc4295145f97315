/** What is in the data plane, and what a packet would meet there, for people. */
import type { Datapath } from "../../datapath/mod.ts";
import type { DropsAnswer, FlowFacts, FlowsHead, Id, Ip, TraceAnswer, ViewPort } from "../../model/mod.ts";
import { answerTrace, BadQuestion, find, labelsFor, NotFound, readQuestion } from "../explain/mod.ts";
import type { Loop } from "../loop/mod.ts";
import type { Reply, Routes } from "./server.ts";

interface Parts {
  tunnelIp: Ip;
  loop: Loop;
  datapath: Datapath;
}

export function explainRoutes(parts: Parts): Routes {
  const { datapath, loop } = parts;
  return {
    "POST /v1/trace": ({ body }) => sensible(async () => ok(await trace(parts, body))),
    "GET /v1/flows": ({ query }) => sensible(async () => flows(parts, query.get("port"))),
    "GET /v1/drops": () => ok(drops(parts)),
    "GET /v1/vifs": async () =>
      ok(labelled(parts, { vifs: await datapath.describeVifs([...loop.planner.wanted.vifs.keys()]) })),
    "GET /v1/vifs/:id": ({ parameter }) => sensible(async () => ok(await vif(parts, decodeURIComponent(parameter)))),
    "GET /v1/routers": async () => ok(labelled(parts, { routers: await datapath.describeRouters() })),
    "GET /v1/routers/:id": ({ parameter }) =>
      sensible(async () => {
        const routers = await datapath.describeRouters();
        const id = find(
          "router",
          decodeURIComponent(parameter),
          routers.map(({ router }) => ({ id: router, names: [] })),
        );
        return ok(labelled(parts, { routers: routers.filter(({ router }) => router === id) }));
      }),
  };
}

const ok = (body: object): Reply => ({ status: 200, body });

/** What was asked wrongly is the asker's to know. */
async function sensible(work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    const status = error instanceof NotFound ? 404 : error instanceof BadQuestion ? 400 : 500;
    return { status, body: { error: { message: (error as Error).message } } };
  }
}

const devicesOf = ({ loop }: Parts) =>
  new Map([...loop.planner.wanted.vifs.values()].map(({ id, device }) => [id, device.name] as const));

const labelled = <T extends object>(parts: Parts, body: T) => ({
  ...body,
  labels: labelsFor(body, parts.loop.view, devicesOf(parts)),
});

function findPort(parts: Parts, word: string): ViewPort {
  const devices = devicesOf(parts);
  const all = [...parts.loop.view.ports.values()].map(({ id, name }) => ({ id, names: [name, devices.get(id) ?? ""] }));
  return parts.loop.view.ports.get(find("port", word, all)) as ViewPort;
}

async function trace(parts: Parts, body: string): Promise<TraceAnswer> {
  const question = readQuestion(body);
  const { datapath, loop, tunnelIp } = parts;
  await datapath.openTrace();
  const answer = answerTrace(question, {
    view: loop.view,
    datapath,
    tunnelIp,
    findPort: (word) => findPort(parts, word),
  });
  return labelled(parts, answer);
}

/** A stream of lines: the head, then a connection each. */
function flows(parts: Parts, word: string | null): Reply {
  const port = word === null ? undefined : findPort(parts, word).id;
  return { status: 200, body: flowLines(parts, port), contentType: "application/x-ndjson" };
}

async function* flowLines(parts: Parts, port: Id | undefined): AsyncIterable<string> {
  const { datapath, loop } = parts;
  const ids = [...loop.view.ports.keys(), ...loop.view.networks.keys()];
  const hosts = [...loop.view.endpoints.values()].map(({ tunnelIp }) => tunnelIp);
  const labels = labelsFor([ids, [...new Set(hosts)]], loop.view, devicesOf(parts));
  yield `${JSON.stringify({ ...datapath.flowTable(), labels } satisfies FlowsHead)}\n`;
  for await (const page of datapath.flows()) {
    const lines = page.filter((flow) => port === undefined || concerns(flow, port)).map((flow) => JSON.stringify(flow));
    if (lines.length > 0) yield `${lines.join("\n")}\n`;
  }
}

function concerns({ came, there, back }: FlowFacts, port: Id): boolean {
  return [came, there.to, back?.to].some((place) => place?.kind === "port" && place.port === port);
}

function drops(parts: Parts): DropsAnswer {
  const { datapath, loop } = parts;
  const rows = [
    ...rowsOf(null, datapath.hostDrops()),
    ...[...loop.view.ports.keys()].flatMap((port) => rowsOf(port, datapath.counters(port)?.drops ?? {})),
  ];
  const reasons = Object.fromEntries(rows.map(({ reason }) => [reason, datapath.dropText(reason)]));
  return labelled(parts, { atSeconds: performance.now() / 1000, drops: rows, reasons });
}

const rowsOf = (port: Id | null, counts: Record<string, bigint>) =>
  Object.entries(counts).map(([reason, packets]) => ({ port, reason, packets: Number(packets) }));

async function vif(parts: Parts, word: string): Promise<object> {
  const port = findPort(parts, word);
  const [facts] = await parts.datapath.describeVifs([port.id]);
  if (facts === undefined) {
    const state = parts.loop.state(port.id);
    throw new NotFound(`port ${port.id} is not in the data plane${state.up ? "" : `: ${state.reason}`}`);
  }
  const counters = parts.datapath.counters(port.id);
  const { drops: dropped = {}, ...packets } = counters ?? {};
  const plain = (counts: Record<string, bigint>) =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)]));
  return labelled(parts, {
    vif: { ...facts, ips: port.fixedIps.map(({ ip }) => ip), counters: { ...plain(packets), drops: plain(dropped) } },
  });
}
