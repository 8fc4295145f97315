import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Datapath, Trap } from "../datapath/mod.ts";
import type { Host } from "../host/mod.ts";
import { HOST_DEVICE_PREFIX, type HostFacts, type Ip } from "../model/mod.ts";
import { announcement } from "../wire/mod.ts";
import { Attachments, Cni, isContainerDevice } from "./cni/mod.ts";
import type { ControlNode } from "./control-node.ts";
import { type Dns, type Server, startDns } from "./dns/mod.ts";
import type { Log } from "./log.ts";
import {
  AdvertisedNetworks,
  Advertiser,
  type Applied,
  Holders,
  LocalLinks,
  Loop,
  PortWires,
  Responder,
  Saver,
  Watcher,
} from "./loop/mod.ts";
import type { Metadata } from "./metadata/mod.ts";
import { Node } from "./node/mod.ts";
import { cniRoutes, explainRoutes, metricsRoutes, refuseSecond, serve, stateRoutes } from "./ports/mod.ts";
import { Reporter, RouterReporter } from "./report/mod.ts";
import type { Advertised } from "./services/mod.ts";
import { viewFile } from "./view/mod.ts";

export interface AgentParts {
  name: string;
  version: string;
  tunnelIp: Ip;
  nic: string;
  physicalNetworks: Record<string, string>;
  stateDir: string;
  socket: string;
  listen: { address: string; port: number } | undefined;
  metadata: { url: string; secret: string } | undefined;
  dnsUpstream: readonly Server[];
  host: Host;
  datapath: Datapath;
  control: ControlNode;
  log: Log;
}

/** How often the host of some router's gateway says that it is there: another takes over when it is silent. */
const BEAT_MS = 400;

/** Told while the card is away, say for a change of its driver. */
const ETHERNET_MTU = 1500;

/** Where in the state directory things are. */
export const statePaths = (stateDir: string) => ({
  view: join(stateDir, "view.ndjson"),
  attachments: join(stateDir, "attachments"),
  token: join(stateDir, "token"),
});

/**
 * Starts the agent: adopts the data plane that is there, adds what the view kept on disk asks for, then follows the
 * control node. What comes back stops it and leaves everything in force.
 */
export async function startAgent(parts: AgentParts): Promise<{ stop(): Promise<void> }> {
  const { host, datapath, log } = parts;
  const paths = statePaths(parts.stateDir);
  for (const directory of [parts.stateDir, dirname(parts.socket)])
    await mkdir(directory, { recursive: true, mode: 0o700 });
  await refuseSecond(parts.socket);
  const attachments = new Attachments(paths.attachments, (file) => log.warn({ file }, "unreadable attachment removed"));
  const localLinks = new LocalLinks(host.links);
  const loop = makeLoop(parts, localLinks, attachments);
  localLinks.start(() => loop.nudge());
  const reporter = new Reporter(parts.control, log);
  const routers = new RouterReporter(reporter, parts.name);
  const watcher = makeWatcher(parts, loop, reporter);
  const wires = new PortWires(loop, localLinks, () => watcher.isConnected);
  const cni = new Cni({ host, attachments, wires, control: parts.control, log });
  const node = new Node({ host, log, refresh: (device) => localLinks.refresh(device) });
  loop.onViewChange((change) => node.follow(change, loop.view, loop.held.complete));
  const advertised = new AdvertisedNetworks(() => loop.view);
  const responder = new Responder(() => loop.view, datapath, log, advertised);
  const advertiser = new Advertiser({
    advertised: (id) => advertisedTo(loop, advertised, id),
    inject: (id, frame) => datapath.inject(id, frame),
  });
  const file = viewFile(paths.view, parts.name);
  const saver = new Saver(loop.held, file, log);
  const facts = () => hostFacts(parts, localLinks);
  reporter.setFacts(facts());
  loop.onApplied((applied) => {
    for (const id of applied.routers) routers.look(id, loop.router(id));
    tell(reporter, loop, applied, facts());
    if (applied.routers.size > 0) advertised.routersChanged();
    for (const id of applied.ports) advertiser.changed(id);
    if (applied.routers.size > 0) advertiser.routersChanged();
    announceMoved(datapath, loop, applied.moved);
    if (applied.hasViewChanged) saver.changed();
  });
  await datapath.open();
  const holders = new Holders(
    () => loop.view,
    (hold) => reporter.setHold(hold),
  );
  datapath.onTrap((trap) => (trap.reason === "holder" ? holders.heard(trap) : answer(responder, trap, log)));
  const kept = await file.load();
  if (kept !== undefined) {
    loop.held.restore(kept.view, kept.revision);
    log.info({ revision: kept.revision, ports: kept.view.ports.size }, "starting from the view kept on disk");
  }
  loop.applyNow();
  cni.sweep();
  const isConnected = () => watcher.isConnected;
  const dns = await openDns(parts, loop);
  const doors = await openDoors(parts, { loop, cni, responder, dns, isConnected });
  const metadata = await openMetadata(parts, loop);
  advertiser.start();
  watcher.start();
  return {
    stop: async () => {
      await reporter.leave();
      await watcher.stop();
      await metadata?.close();
      await dns.close();
      await Promise.all(doors.map((door) => door.close()));
      for (const part of [cni, advertiser, reporter, loop, localLinks]) part.stop();
      await saver.stop();
      await datapath.close();
    },
  };
}

/** Everything that an apply may have made news. */
function tell(reporter: Reporter, loop: Loop, { ports, named }: Applied, facts: HostFacts): void {
  for (const id of named) reporter.forget(id);
  for (const id of ports) reporter.setPort(id, loop.view.ports.has(id) ? loop.state(id) : undefined);
  reporter.setFacts(facts);
  reporter.setBeat(isGateway(loop) ? BEAT_MS : undefined);
  reporter.setRevision(loop.revisionInForce);
}

/** Workloads remember where an address was: they are told where it is now, as its owner could not tell them himself. */
function announceMoved(datapath: Datapath, loop: Loop, moved: Applied["moved"]): void {
  for (const { networkId, ip, mac } of moved) {
    const frame = announcement({ ip, mac });
    for (const id of loop.planner.portsIn(networkId))
      if (loop.planner.wanted.vifs.get(id)?.mac !== mac && loop.isInForce(id)) datapath.inject(id, frame);
  }
}

function isGateway({ planner }: Loop): boolean {
  return [...planner.wanted.routers.values()].some(({ gateway }) => gateway?.here === true);
}

function makeLoop(
  { name, physicalNetworks, host, datapath, log }: AgentParts,
  localLinks: LocalLinks,
  attachments: Attachments,
): Loop {
  return new Loop({
    here: { host: name, physicalNetworks },
    links: host.links,
    localLinks,
    datapath,
    containerDevice: (id) => attachments.deviceOfPort(id),
    log,
  });
}

function makeWatcher({ control, log }: AgentParts, loop: Loop, reporter: Reporter): Watcher {
  const follower = {
    revision: () => loop.held.revision,
    receive: (message: Parameters<Loop["receive"]>[0]) => loop.receive(message),
    connected: () => reporter.connected(),
    interrupted: () => {
      reporter.disconnected();
      loop.held.interrupted();
    },
  };
  return new Watcher(control, follower, log);
}

/** The router advertisements for the workload of a port that is up. */
function advertisedTo(loop: Loop, advertised: AdvertisedNetworks, portId: string): readonly Advertised[] {
  const vif = loop.planner.wanted.vifs.get(portId);
  const network = vif && loop.state(portId).up ? loop.view.networks.get(vif.networkId) : undefined;
  return network === undefined ? [] : advertised.of(network);
}

function hostFacts({ nic, tunnelIp, physicalNetworks, version }: AgentParts, localLinks: LocalLinks): HostFacts {
  return {
    tunnel_ip: tunnelIp,
    physical_networks: physicalNetworks,
    underlay_mtu: localLinks.get(nic)?.mtuBytes ?? ETHERNET_MTU,
    agent_version: version,
    datapath: "ebpf",
  };
}

function answer(responder: Responder, trap: Trap, log: Log): void {
  try {
    responder.answer(trap);
  } catch (error) {
    // One workload's odd packet must not stop the service of the others.
    log.error(
      { port: trap.vifId, reason: error instanceof Error ? error.stack : String(error) },
      "trapped packet not answered",
    );
  }
}

type Inside = { loop: Loop; cni: Cni; responder: Responder; dns: Dns; isConnected(): boolean };

async function openDoors(parts: AgentParts, inside: Inside) {
  const { name, version, tunnelIp, datapath, socket, listen, log } = parts;
  const { loop, cni, responder, dns, isConnected } = inside;
  const state = stateRoutes({ host: name, version, loop, datapath, isConnected });
  const explain = explainRoutes({ tunnelIp, loop, datapath });
  const doors = [await serve({ socket }, { ...state, ...explain, ...cniRoutes(cni, log) })];
  if (listen !== undefined)
    doors.push(await serve(listen, metricsRoutes({ loop, datapath, responder, dns, isConnected })));
  log.info({ socket, metrics: listen === undefined ? null : `${listen.address}:${listen.port}` }, "agent ready");
  return doors;
}

async function openDns({ dnsUpstream, host, datapath, log }: AgentParts, loop: Loop): Promise<Dns> {
  const { dns: sockets, clientOf } = datapath.sockets();
  const dns = await startDns({
    sockets,
    clientOf,
    view: () => loop.view,
    upstream: dnsUpstream,
    openUdp: (...place) => host.openUdp(...place),
    log,
  });
  loop.onViewChange((change) => dns.changed(change));
  return dns;
}

async function openMetadata({ metadata, datapath, log }: AgentParts, loop: Loop): Promise<Metadata | undefined> {
  if (metadata === undefined) return undefined;
  const { metadata: sockets, clientOf } = datapath.sockets();
  // Loaded only where it is wanted: an agent at rest must stay small.
  const { startMetadata } = await import("./metadata/mod.ts");
  return startMetadata({ ...metadata, sockets, clientOf, portOf: (id) => loop.view.ports.get(id), log });
}

/** Takes away all that agents have left on a host. The host's containers and machines lose their network. */
export async function cleanHost(parts: Pick<AgentParts, "host" | "datapath" | "stateDir" | "socket">): Promise<void> {
  const { host, datapath, stateDir, socket } = parts;
  await refuseSecond(socket);
  await datapath.destroy();
  const isOurs = (name: string) => isContainerDevice(name) || name.startsWith(HOST_DEVICE_PREFIX);
  for (const link of host.links.list()) if (isOurs(link.name)) host.links.remove(link.index);
  for (const path of [socket, ...Object.values(statePaths(stateDir))]) await rm(path, { recursive: true, force: true });
}
