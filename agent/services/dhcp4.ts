/**
 * The DHCPv4 server (RFC 2131). An address belongs to a port for as long as the port lives, so there are no leases to
 * keep: every answer follows from the port alone, and a restart, or another host's agent, gives the same one.
 */
import {
  type Ip,
  ipFamily,
  type Mac,
  SERVICE_IP4,
  SERVICE_MAC,
  type ViewNetwork,
  type ViewPort,
  type ViewSubnet,
} from "../../model/mod.ts";
import {
  type Dhcp4,
  decodeDhcp4,
  decodeUdp4,
  encodeDhcp4,
  encodeUdp4,
  ip4Bytes,
  ip4FromBytes,
  type MessageType,
  OPTION,
} from "../../wire/mod.ts";
import { type PortOptions, portOptions } from "./dhcp-options.ts";

/** Neutron's dhcp_lease_duration (neutron/conf/common.py). */
const LEASE_SECONDS = 86400;

const UNSPECIFIED = "0.0.0.0" as Ip;
const BROADCAST = "255.255.255.255" as Ip;
const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff" as Mac;
const SERVER_PORT = 67;
const CLIENT_PORT = 68;

export interface Dhcp4Question {
  /** The request as it came from the port's device. */
  frame: Uint8Array;
  port: ViewPort;
  network: ViewNetwork;
  /** Told what became of it: the reply's type, "declined", "released", or why it was dropped. For counters and logs. */
  onOutcome?: (outcome: string) => void;
}

interface Lease {
  ip: Ip;
  subnet: ViewSubnet;
}

/** The port's first IPv4 address in a subnet that has DHCP. */
function leaseOf(port: ViewPort, network: ViewNetwork): Lease | undefined {
  for (const { ip, subnetId } of port.fixedIps) {
    const subnet = network.subnets.find((candidate) => candidate.id === subnetId);
    if (subnet?.dhcp && ipFamily(ip) === 4) return { ip, subnet };
  }
  return undefined;
}

function optionIp(message: Dhcp4, code: number): Ip | undefined {
  const bytes = message.options.get(code);
  return bytes?.length === 4 ? ip4FromBytes(bytes) : undefined;
}

/** What a REQUEST gets, by the client's state as it shows in the message (RFC 2131 table 4). */
function judgeRequest(message: Dhcp4, ip: Ip): "ack" | "nak" | "other_server" {
  const server = optionIp(message, OPTION.serverId);
  const requested = optionIp(message, OPTION.requestedIp);
  if (server !== undefined && server !== SERVICE_IP4) return "other_server";
  const wanted = message.clientIp === UNSPECIFIED ? requested : message.clientIp;
  return wanted === ip ? "ack" : "nak";
}

function decide(message: Dhcp4, ip: Ip): { reply: MessageType } | { outcome: string } {
  switch (message.type) {
    case "discover":
      return { reply: "offer" };
    case "request": {
      const verdict = judgeRequest(message, ip);
      return verdict === "other_server" ? { outcome: "other_server" } : { reply: verdict };
    }
    case "inform":
      return { reply: "ack" };
    case "decline":
      return { outcome: "declined" };
    case "release":
      return { outcome: "released" };
    default:
      return { outcome: "not_for_a_server" };
  }
}

const u32 = (value: number) => Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

/** Options in order of importance: the protocol's own, then those asked for in the client's order, then forced ones. */
function replyOptions(request: Dhcp4, reply: MessageType, configured: Map<number, Uint8Array>, forced: Set<number>) {
  const options = new Map<number, Uint8Array>([[OPTION.serverId, ip4Bytes(SERVICE_IP4)]]);
  const echo = (code: number) => {
    const value = request.options.get(code);
    if (value !== undefined) options.set(code, value);
  };
  if (reply === "nak") {
    options.set(OPTION.message, Uint8Array.from(Buffer.from("requested address is not this port's")));
  } else {
    const lease = configured.get(OPTION.leaseSeconds) ?? u32(LEASE_SECONDS);
    const leaseSeconds = new DataView(lease.buffer, lease.byteOffset).getUint32(0);
    // RFC 2131 section 4.3.5: an answer to INFORM carries no lease.
    if (request.type !== "inform") {
      options.set(OPTION.leaseSeconds, lease);
      options.set(OPTION.renewalSeconds, configured.get(OPTION.renewalSeconds) ?? u32(Math.floor(leaseSeconds / 2)));
      options.set(
        OPTION.rebindingSeconds,
        configured.get(OPTION.rebindingSeconds) ?? u32(Math.floor((leaseSeconds * 7) / 8)),
      );
    }
    const isForLease = (code: number) =>
      [OPTION.leaseSeconds, OPTION.renewalSeconds, OPTION.rebindingSeconds].some((each) => each === code);
    const asked = request.options.get(OPTION.parameterList);
    const mask = 1;
    for (const code of [mask, ...(asked ?? configured.keys()), ...forced]) {
      const value = configured.get(code);
      if (value !== undefined && !options.has(code) && !isForLease(code)) options.set(code, value);
    }
  }
  echo(OPTION.clientId); // RFC 6842
  echo(OPTION.relayAgent); // RFC 3046 section 2.2
  return options;
}

/** Where the answer goes (RFC 2131 section 4.1). */
function destination(request: Dhcp4, reply: MessageType, yourIp: Ip): { ip: Ip; mac: Mac } {
  if (reply === "nak") return { ip: BROADCAST, mac: BROADCAST_MAC };
  if (request.clientIp !== UNSPECIFIED) return { ip: request.clientIp, mac: request.clientMac };
  if (request.broadcast) return { ip: BROADCAST, mac: BROADCAST_MAC };
  return { ip: yourIp, mac: request.clientMac };
}

/** Made once for each value that the view has of a port: a client asks twice and more for the same. */
const known = new WeakMap<ViewPort, { network: ViewNetwork; options: PortOptions }>();
function optionsOf(lease: Lease, port: ViewPort, network: ViewNetwork): PortOptions {
  const found = known.get(port);
  if (found?.network === network) return found.options;
  const options = portOptions(port, network, lease.subnet, lease.ip);
  known.set(port, { network, options });
  return options;
}

function buildReply(
  request: Dhcp4,
  reply: MessageType,
  lease: Lease,
  port: ViewPort,
  network: ViewNetwork,
): Uint8Array {
  const configured = optionsOf(lease, port, network);
  const yourIp = reply === "nak" || request.type === "inform" ? UNSPECIFIED : lease.ip;
  const maximum = request.options.get(OPTION.maximumSize);
  const largest = Math.min(
    maximum?.length === 2 ? ((maximum[0] as number) << 8) | (maximum[1] as number) : 576,
    network.mtu,
  );
  const UDP_OVER_IP = 28;
  const payload = encodeDhcp4(
    {
      op: "reply",
      type: reply,
      transaction: request.transaction,
      seconds: 0,
      broadcast: request.broadcast,
      clientIp: reply === "ack" ? request.clientIp : UNSPECIFIED,
      yourIp,
      nextServerIp: reply === "nak" ? UNSPECIFIED : configured.nextServer,
      relayIp: request.relayIp,
      clientMac: request.clientMac,
      bootFile: reply === "nak" ? "" : configured.bootFile,
      options: replyOptions(request, reply, configured.options, configured.forced),
    },
    largest - UDP_OVER_IP,
  );
  const to = destination(request, reply, yourIp);
  return encodeUdp4({
    sourceMac: SERVICE_MAC,
    destinationMac: to.mac,
    source: SERVICE_IP4,
    destination: to.ip,
    sourcePort: SERVER_PORT,
    destinationPort: CLIENT_PORT,
    payload,
  });
}

/** The frame to send back to the port, or undefined. Never throws, whatever the frame holds. */
export function answerDhcp4({ frame, port, network, onOutcome }: Dhcp4Question): Uint8Array | undefined {
  const dropped = (outcome: string) => {
    onOutcome?.(outcome);
    return undefined;
  };
  const packet = decodeUdp4(frame);
  if (typeof packet === "string") return dropped(packet);
  if (packet.destinationPort !== SERVER_PORT) return dropped("not_for_a_server");
  const request = decodeDhcp4(packet.payload);
  if (typeof request === "string") return dropped(request);
  if (request.op !== "request") return dropped("not_for_a_server");
  if (request.relayIp !== UNSPECIFIED) return dropped("relayed");
  if (request.clientMac !== port.mac) return dropped("other_client");
  const lease = leaseOf(port, network);
  if (lease === undefined) return dropped("no_address");
  const decision = decide(request, lease.ip);
  if ("outcome" in decision) return dropped(decision.outcome);
  onOutcome?.(decision.reply);
  return buildReply(request, decision.reply, lease, port, network);
}
