/** Links as rtnetlink tells them and as it wants them. Pure. */
import * as ifla from "netlink/dist/rt/ifla.js";
import { formatLinkMessage, type LinkMessage, parseLinkMessage } from "netlink/dist/rt/structs.js";
import { AttrStream, type NetlinkMessage, parseAttributes } from "netlink/dist/structs.js";
import { type Mac, macBytes, macFromBytes } from "../../model/mod.ts";
import type { Link } from "../host.ts";

const AF_INET6 = 10;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const NO_MAC = "00:00:00:00:00:00" as Mac;

/** What a device is made of: struct ifinfomsg and the attributes after it. */
export function linkBody(data: LinkMessage["data"], attrs: LinkMessage["attrs"] = {}): AttrStream {
  const body = new AttrStream();
  formatLinkMessage({ kind: "link", data, attrs }, body);
  return body;
}

function bytes(fill: (out: AttrStream) => void): Buffer {
  const out = new AttrStream();
  fill(out);
  return Buffer.concat(out.bufs);
}

/** IFLA_LINKINFO. */
function linkInfo(kind: string, data: (out: AttrStream) => void): Buffer {
  return bytes((out) => {
    out.push(IFLA_INFO_KIND, Buffer.from(kind));
    out.push(IFLA_INFO_DATA, data);
  });
}

/**
 * RTM_NEWLINK's body for a device that the host's own IPv6 stack is to keep away from: without a link-local address no
 * duplicate address detection and no router solicitation of the host's ever reaches a workload. The kernel takes it for
 * a device that is there already only (inet6_validate_link_af), and of use it is only before the device is up.
 */
export function silentBody(index: number): AttrStream {
  const inet6 = bytes((out) => out.emit(ifla.formatLinkProtocolInfoInet6({ addrGenMode: ifla.In6AddrGenMode.NONE })));
  return linkBody({ index }, { afSpec: new Map([[AF_INET6, inet6]]) });
}

/** RTM_NEWLINK's body for a veth pair. */
export function vethBody(options: {
  name: string;
  mtuBytes: number;
  peer: { name: string; mac: Mac; netnsFd?: number };
}): AttrStream {
  const { name, mtuBytes, peer } = options;
  const peerAttrs = {
    ifname: peer.name,
    mtu: mtuBytes,
    address: Buffer.from(macBytes(peer.mac)),
    ...(peer.netnsFd === undefined ? {} : { netNsFd: peer.netnsFd }),
  };
  const peerBody = Buffer.concat(linkBody({}, peerAttrs).bufs);
  const linkinfo = linkInfo("veth", (out) => out.emit(ifla.formatVethInfo({ peer: peerBody })));
  return linkBody({}, { ifname: name, mtu: mtuBytes, linkinfo });
}

/** RTM_NEWLINK's body for a VXLAN device whose tunnel ends come with each packet. */
export function vxlanBody(options: { name: string; port: number; mtuBytes: number }): AttrStream {
  const port = Buffer.alloc(2);
  port.writeUInt16BE(options.port);
  // Without checksums over UDP in IPv6 (RFC 6935) a card that cannot compute them still segments in hardware.
  const data = { collectMetadata: 1, learning: 0, port, udpZeroCsum6Tx: 1, udpZeroCsum6Rx: 1 };
  const linkinfo = linkInfo("vxlan", (out) => out.emit(ifla.formatVxlan(data)));
  return linkBody({}, { ifname: options.name, mtu: options.mtuBytes, linkinfo });
}

function kindOf(info: Buffer | undefined): string {
  let kind = "";
  if (info !== undefined) {
    parseAttributes(info, ({ type, data }) => {
      if (type === IFLA_INFO_KIND) kind = data.toString("latin1").replace(/\0$/, "");
    });
  }
  return kind;
}

/**
 * The link that a message tells of; undefined when it is not about a link as such: a bridge tells of its ports' coming
 * and going by RTM_NEWLINK and RTM_DELLINK of its own family.
 */
export function linkOf(message: NetlinkMessage): Link | undefined {
  const { data, attrs } = parseLinkMessage(message.data);
  if ((data.family ?? 0) !== 0 || data.index === undefined || attrs.ifname === undefined) return undefined;
  const kind = kindOf(attrs.linkinfo);
  return {
    index: data.index,
    name: attrs.ifname,
    kind,
    mac: attrs.address?.length === 6 ? macFromBytes(attrs.address) : NO_MAC,
    mtuBytes: attrs.mtu ?? 0,
    up: data.flags?.up === true,
    peerIndex: kind === "veth" && attrs.link?.length === 4 ? attrs.link.readInt32LE(0) : null,
  };
}
