/** The "newc" cpio format that Linux takes as an initramfs (Documentation/driver-api/early-userspace/buffer-format.rst). */

export type CpioEntry =
  | { path: string; kind: "directory" }
  | { path: string; kind: "file"; mode: number; content: Uint8Array }
  | { path: string; kind: "link"; target: string };

const TYPE_BITS = { directory: 0o040755, link: 0o120777 };

/** An archive of `entries`, which must name directories before what is in them. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  const add = (path: string, mode: number, content: Uint8Array) => {
    const name = Buffer.from(`${path}\0`);
    const fields = [inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
    parts.push(padded(Buffer.concat([Buffer.from(header), name])), padded(Buffer.from(content)));
  };
  for (const entry of entries) {
    if (entry.kind === "file") add(entry.path, 0o100000 | entry.mode, entry.content);
    else add(entry.path, TYPE_BITS[entry.kind], entry.kind === "link" ? Buffer.from(entry.target) : new Uint8Array());
  }
  add("TRAILER!!!", 0, new Uint8Array());
  return Buffer.concat(parts);
}

function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
}
