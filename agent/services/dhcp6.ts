/**
 * The DHCPv6 server (RFC 8415), stateful and stateless. As with {@link import("./dhcp4.ts")} there are no leases to keep:
 * a port's addresses are its fixed_ips, and every answer follows from the port alone.
 */
import {
  dhcp6Mode,
  type Ip,
  macBytes,
  networkDomain,
  prefix,
  prefixContains,
  SERVICE_IP6,
  SERVICE_MAC,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";
import {
  address6,
  association6,
  type Dhcp6,
  decodeAssociation,
  decodeDhcp6,
  decodeUdp6,
  encodeDhcp6,
  encodeUdp6,
  type IdentityAssociation,
  type Message6,
  OPTION6,
  option6,
  status6,
  type Udp6,
} from "../../wire/mod.ts";
import type { Dhcp4Question } from "./dhcp4.ts";
import { nameOption, portOptions6 } from "./dhcp6-options.ts";
import { hostName } from "./port-name.ts";

/** Neutron's dhcp_lease_duration (neutron/conf/common.py), and what RFC 8415 section 21.4 makes of it. */
const LEASE_SECONDS = 86400;
const TIMES = [LEASE_SECONDS * 0.5, LEASE_SECONDS * 0.8] as const;
const NO_TIMES = [0, 0] as const;

const SERVER_PORT = 547;
const CLIENT_PORT = 546;

/** The same on every host, as the MAC that it is of (DUID-LL, RFC 8415 section 11.4): a client that moves keeps its server. */
export const SERVER_DUID: Uint8Array = Buffer.concat([Uint8Array.of(0, 3, 0, 1), macBytes(SERVICE_MAC)]);

export type Dhcp6Question = Dhcp4Question;

/** The one who asks, and what is his. */
interface Client {
  port: ViewPort;
  network: ViewNetwork;
  /** His addresses in subnets that give any. */
  addresses: Ip[];
}

/** RFC 8415 section 16: who names a server, and to whom a message may go. */
const RULES: Partial<Record<Message6, { server: "none" | "ours" | "any"; unicast: "discarded" | "refused" }>> = {
  solicit: { server: "none", unicast: "discarded" },
  confirm: { server: "none", unicast: "discarded" },
  rebind: { server: "none", unicast: "discarded" },
  request: { server: "ours", unicast: "refused" },
  renew: { server: "ours", unicast: "refused" },
  release: { server: "ours", unicast: "refused" },
  decline: { server: "ours", unicast: "refused" },
  information_request: { server: "any", unicast: "discarded" },
};

const isDuid = (value: Uint8Array | undefined) => value !== undefined && value.length >= 3 && value.length <= 130;
const has = (message: Dhcp6, code: number) => message.options.has(code);

/** Why a message is to be dropped, or to be answered by another road; undefined: it is in order. */
function fault(message: Dhcp6, isUnicast: boolean): string | undefined {
  const rule = RULES[message.type];
  if (rule === undefined) return "not_for_a_server";
  const [client, server] = [message.options.get(OPTION6.clientId), message.options.get(OPTION6.serverId)];
  if (message.type !== "information_request" && client === undefined) return "no_client_id";
  if (client !== undefined && (client.length > 1 || !isDuid(client[0]))) return "bad_client_id";
  if (rule.server === "none" && server !== undefined) return "unexpected_server_id";
  if (rule.server === "ours" && server === undefined) return "no_server_id";
  if (server !== undefined && Buffer.compare(server[0] as Uint8Array, SERVER_DUID) !== 0) return "other_server";
  if (isUnicast && rule.unicast === "discarded") return "unicast";
  const associations = [OPTION6.iaNa, OPTION6.iaTa, OPTION6.iaPd];
  if (message.type === "information_request" && associations.some((code) => has(message, code)))
    return "unexpected_association";
  return undefined;
}

/** The options of a reply that say what became of the associations; or a word for why there is none. */
type Verdict = { options: Uint8Array[] } | { outcome: string };

/** Everything that the port has goes into the first IA_NA: more of them would find nothing left. */
function assign(message: Dhcp6, associations: IdentityAssociation[], client: Client): Verdict {
  const isRenewal = message.type === "renew" || message.type === "rebind";
  const cidrs = client.network.subnets.map(({ cidr }) => prefix(cidr));
  const isOnLink = (ip: Ip) => cidrs.some((each) => prefixContains(each, ip));
  const owns = ({ addresses }: IdentityAssociation) => addresses.some((ip) => client.addresses.includes(ip));
  const first = associations.find(owns) ?? associations[0];
  const options = associations.map((each) => {
    const { iaid, addresses } = each;
    // RFC 8415 section 18.3.2: it comes from elsewhere, and has to look around anew.
    if (message.type === "request" && addresses.some((ip) => !isOnLink(ip)))
      return association6(iaid, NO_TIMES, status6("notOnLink", "not of this network"));
    // Sections 18.3.4 and 18.3.5: what is no longer the port's ends now.
    const gone = isRenewal ? addresses.filter((ip) => !client.addresses.includes(ip)) : [];
    const given = each === first ? client.addresses : [];
    const all = [...given.map((ip) => address6(ip, LEASE_SECONDS)), ...gone.map((ip) => address6(ip, 0))];
    if (given.length > 0) return association6(iaid, TIMES, ...all);
    if (isRenewal) return association6(iaid, NO_TIMES, ...all, status6("noBinding", "no address of this port"));
    return association6(iaid, NO_TIMES, status6("noAddrsAvail", "no further address of this port"));
  });
  return { options: [...options, ...notGiven(message)] };
}

/** Temporary addresses and prefixes: nobody could be told of them in the API. */
function notGiven(message: Dhcp6): Uint8Array[] {
  const refuse = (code: number, headerSize: number, status: "noAddrsAvail" | "noPrefixAvail") =>
    (message.options.get(code) ?? [])
      .filter(({ length }) => length >= headerSize)
      .map((value) => {
        const head = new Uint8Array(headerSize);
        head.set(value.subarray(0, 4)); // the IAID; times are 0
        return option6(code, head, status6(status, "a port has none"));
      });
  return [...refuse(OPTION6.iaTa, 4, "noAddrsAvail"), ...refuse(OPTION6.iaPd, 12, "noPrefixAvail")];
}

/** Section 18.3.3. An address of this network that is another's now is as wrong as one of another network. */
function confirm(associations: IdentityAssociation[], client: Client): Verdict {
  const addresses = associations.flatMap((each) => each.addresses);
  if (addresses.length === 0) return { outcome: "nothing_to_confirm" };
  const isRight = addresses.every((ip) => client.addresses.includes(ip));
  return { options: [isRight ? status6("success", "") : status6("notOnLink", "not of this port")] };
}

/** Sections 18.3.7 and 18.3.8. */
function giveBack(associations: IdentityAssociation[], client: Client): Verdict {
  const unknown = associations.filter(({ addresses }) => !addresses.some((ip) => client.addresses.includes(ip)));
  return {
    options: [
      status6("success", ""),
      ...unknown.map(({ iaid }) => association6(iaid, NO_TIMES, status6("noBinding", "not of this port"))),
    ],
  };
}

function judge(message: Dhcp6, client: Client): Verdict {
  const found = [
    ...(message.options.get(OPTION6.iaNa) ?? []).map((value) => decodeAssociation(value, 12)),
    ...(message.type === "confirm" ? (message.options.get(OPTION6.iaTa) ?? []) : []).map((value) =>
      decodeAssociation(value, 4),
    ),
  ];
  const associations = found.filter((each) => each !== undefined);
  if (associations.length !== found.length) return { outcome: "bad_option" };
  switch (message.type) {
    case "confirm":
      return confirm(associations, client);
    case "release":
    case "decline":
      return giveBack(associations, client);
    case "information_request":
      return { options: [] };
    default:
      return assign(message, associations, client);
  }
}

/** Those asked for (option 6) and forced ones; without a list, all. */
function configuration(message: Dhcp6, { port, network, addresses }: Client): Uint8Array[] {
  const { options, forced } = portOptions6(port, network);
  const list = message.options.get(OPTION6.requested)?.[0];
  const asked = list && Array.from({ length: list.length >> 1 }, (_, i) => (list[2 * i]! << 8) | list[2 * i + 1]!);
  const codes = new Set([...(asked ?? options.keys()), ...forced]);
  const given = message.options.get(OPTION6.fqdn)?.[0];
  const ip = addresses[0] ?? port.fixedIps.find((each) => each.ip.includes(":"))?.ip;
  const isNamed = (given !== undefined || codes.has(OPTION6.fqdn)) && ip !== undefined;
  return [
    ...[...codes].flatMap((code) => (options.has(code) ? [option6(code, options.get(code) as Uint8Array)] : [])),
    ...(isNamed ? [nameOption(given, `${hostName(port, ip)}.${networkDomain(network)}`)] : []),
  ];
}

function build(packet: Udp6, message: Dhcp6, type: Message6, options: Uint8Array[]): Uint8Array {
  const client = message.options.get(OPTION6.clientId)?.[0];
  const head = [option6(OPTION6.serverId, SERVER_DUID), ...(client ? [option6(OPTION6.clientId, client)] : [])];
  return encodeUdp6({
    sourceMac: SERVICE_MAC,
    destinationMac: packet.sourceMac,
    source: SERVICE_IP6,
    destination: packet.source,
    sourcePort: SERVER_PORT,
    destinationPort: CLIENT_PORT,
    payload: encodeDhcp6(type, message.transaction, [...head, ...options]),
  });
}

/** What the reply to a message is called in the agent's figures. */
const OUTCOMES: Partial<Record<Message6, string>> = { decline: "declined", release: "released" };

/** The frame to send back to the port, or undefined. Never throws, whatever the frame holds. */
export function answerDhcp6({ frame, port, network, onOutcome }: Dhcp6Question): Uint8Array | undefined {
  const dropped = (outcome: string) => {
    onOutcome?.(outcome);
    return undefined;
  };
  const packet = decodeUdp6(frame);
  if (typeof packet === "string") return dropped(packet);
  if (packet.destinationPort !== SERVER_PORT) return dropped("not_for_a_server");
  const message = decodeDhcp6(packet.payload);
  if (typeof message === "string") return dropped(message);
  if (packet.sourceMac !== port.mac) return dropped("other_client");
  const isUnicast = !packet.destination.startsWith("ff");
  const wrong = fault(message, isUnicast);
  if (wrong !== undefined) return dropped(wrong);
  if (isUnicast) {
    onOutcome?.("use_multicast");
    return build(packet, message, "reply", [status6("useMulticast", "")]);
  }
  const subnetOf = (id: string) => network.subnets.find((subnet) => subnet.id === id);
  const addresses = port.fixedIps.flatMap(({ ip, subnetId }) => {
    const subnet = subnetOf(subnetId);
    return subnet !== undefined && dhcp6Mode(subnet) === "stateful" ? [ip] : [];
  });
  const client = { port, network, addresses };
  const verdict = judge(message, client);
  if ("outcome" in verdict) return dropped(verdict.outcome);
  const isRapid = message.type === "solicit" && has(message, OPTION6.rapidCommit);
  const type = message.type === "solicit" && !isRapid ? "advertise" : "reply";
  const options = [
    // The only server there is: the client need not wait for others.
    ...(type === "advertise" ? [option6(OPTION6.preference, Uint8Array.of(255))] : []),
    ...(isRapid ? [option6(OPTION6.rapidCommit)] : []),
    ...verdict.options,
    ...(["confirm", "release", "decline"].includes(message.type) ? [] : configuration(message, client)),
  ];
  onOutcome?.(OUTCOMES[message.type] ?? type);
  return build(packet, message, type, options);
}
