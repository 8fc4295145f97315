/**
 * One rtnetlink socket, used synchronously: the kernel works a request off within send(), so its answer is there when
 * send() returns. Message codecs are those of npm `netlink`; its own socket answers by promise only.
 */
import { closeSync } from "node:fs";
import { type AttrStream, formatMessage, type NetlinkMessage, parseMessages } from "netlink/dist/structs.js";
import { SystemError } from "../host.ts";
import { bind, errnoName, receive, send, setReceiveRoom, setSocketOption, socket, socketNamespace } from "./libc.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0x80003;
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;

export const FLAG = { request: 1, ack: 4, exclusive: 0x200, create: 0x400, replace: 0x100, dump: 0x300 } as const;

// Dumps come in datagrams of at most 32 KiB, whatever the receive buffer.
const buffer = Buffer.alloc(64 * 1024);

const ONE = Buffer.from([1, 0, 0, 0]);

/** Opens a socket in the calling thread's namespace; `groups` is a bit mask of multicast groups to hear. */
export function openNetlink(groups = 0): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  bind(fd, address);
  setSocketOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, ONE);
  if (groups !== 0) setReceiveRoom(fd, 4 << 20);
  return fd;
}

/** The kernel's own sentence about a refused request (NLMSGERR_ATTR_MSG, netlink's extended acknowledgement). */
function extendedMessage(error: Buffer, capped: boolean): string {
  const NLMSGERR_ATTR_MSG = 1;
  let offset = capped ? 20 : 4 + error.readUInt32LE(4);
  while (offset + 4 <= error.length) {
    const length = error.readUInt16LE(offset);
    if (length < 4) break;
    if ((error.readUInt16LE(offset + 2) & 0x3fff) === NLMSGERR_ATTR_MSG) {
      return error.toString("latin1", offset + 4, offset + length - 1);
    }
    offset += (length + 3) & ~3;
  }
  return "";
}

function throwIfError(call: string, message: NetlinkMessage): void {
  const errno = -message.data.readInt32LE(0);
  if (errno === 0) return;
  const NLM_F_CAPPED = 0x100;
  throw new SystemError(call, errnoName(errno), extendedMessage(message.data, (message.flags & NLM_F_CAPPED) !== 0));
}

/** A request socket in the namespace where it was made. */
export class Netlink {
  readonly #fd = openNetlink();
  #sequence = 0;

  /** Sends one request and returns what came back; `call` names it in errors. @throws SystemError */
  request(call: string, type: number, flags: number, body: AttrStream): NetlinkMessage[] {
    const dump = (flags & FLAG.dump) === FLAG.dump;
    const sequence = ++this.#sequence;
    const message = { type, flags: flags | FLAG.request | (dump ? 0 : FLAG.ack), seq: sequence, port: 0 };
    send(this.#fd, Buffer.concat(formatMessage({ ...message, data: body.bufs })));
    const answers: NetlinkMessage[] = [];
    for (;;) {
      const size = receive(this.#fd, buffer, 0);
      for (const answer of parseMessages(Buffer.from(buffer.subarray(0, size)))) {
        if (answer.seq !== sequence) continue; // left over from a request that threw
        if (answer.type === NLMSG_ERROR) throwIfError(call, answer);
        if (answer.type === NLMSG_ERROR || answer.type === NLMSG_DONE) return answers;
        answers.push(answer);
      }
    }
  }

  /** A descriptor of this socket's namespace; the caller closes it. */
  namespaceFd(): number {
    return socketNamespace(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The multicast messages waiting at `fd`. @throws SystemError ENOBUFS when the kernel had to drop some */
export function drainNetlink(fd: number): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (;;) {
    try {
      const size = receive(fd, buffer, MSG_DONTWAIT);
      messages.push(...parseMessages(Buffer.from(buffer.subarray(0, size))));
    } catch (error) {
      if (error instanceof SystemError && error.code === "EAGAIN") return messages;
      throw error;
    }
  }
}
