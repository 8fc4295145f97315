/** A VLAN device where the kernel may have none: a TAP device, and a process that puts the tag on and takes it off. */
import { join } from "node:path";
import { type Running, start } from "./process.ts";

/** Frames as a kernel's VLAN device has them: what AF_PACKET says of a tag stands beside the frame (packet(7), PACKET_AUXDATA). */
const SCRIPT = `
import fcntl, os, select, socket, struct, sys
parent, name, vlan = sys.argv[1], sys.argv[2], int(sys.argv[3])
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", name.encode(), 0x1002))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((parent, 3))
wire.setsockopt(263, 8, 1)
wire.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex(parent), 1, 0, b""))
print("ready", flush=True)
while True:
    for ready in select.select([tap, wire], [], [])[0]:
        if ready == tap:
            frame = os.read(tap, 65536)
            wire.send(frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:])
            continue
        frame, notes, _, address = wire.recvmsg(65536, 256)
        for _, kind, data in notes:
            status, tci = struct.unpack_from("I", data)[0], struct.unpack_from("H", data, 16)[0]
            if kind == 8 and status & 0x10 and tci & 4095 == vlan and address[2] != 4:
                os.write(tap, frame)
`;

/** The device, once it is there, is down and has no address; it goes with the process. */
export function startVlanDevice(options: {
  netns: string;
  parent: string;
  name: string;
  vlan: number;
  directory: string;
}): Running {
  const { netns, parent, name, vlan, directory } = options;
  return start({
    name: `${name} in ${netns}`,
    command: ["python3", "-c", SCRIPT, parent, name, `${vlan}`],
    logFile: join(directory, `${netns}.${name}.log`),
    netns,
  });
}
