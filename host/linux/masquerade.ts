/** Packets of workloads that leave a host for where nobody knows them: the kernel forwards them under its address. */
import { writeFileSync } from "node:fs";
import koffi from "koffi";
import { type Cidr, ipFamily } from "../../model/mod.ts";
import { SystemError } from "../host.ts";

const TABLE = "inet cable";

/** See {@link Host.masquerade}. */
export function masquerade(from: readonly Cidr[], inside: string): void {
  for (const family of new Set(from.map(ipFamily))) forward(family);
  nft(rules(from, inside));
}

function forward(family: 4 | 6): void {
  const file = family === 4 ? "/proc/sys/net/ipv4/ip_forward" : "/proc/sys/net/ipv6/conf/all/forwarding";
  try {
    writeFileSync(file, "1");
  } catch (error) {
    throw new SystemError(`write ${file}`, (error as NodeJS.ErrnoException).code ?? "EIO");
  }
}

/** The table is made, so that its removal never fails, and made anew: all in one transaction of the kernel. */
function rules(from: readonly Cidr[], inside: string): string {
  const begin = `table ${TABLE} {}\ndelete table ${TABLE}\n`;
  if (from.length === 0) return begin;
  const lines = from.map(
    (cidr) => `    ${ipFamily(cidr) === 4 ? "ip" : "ip6"} saddr ${cidr} oifname != "${inside}*" masquerade`,
  );
  return `${begin}table ${TABLE} {
  chain postrouting {
    type nat hook postrouting priority srcnat;
${lines.join("\n")}
  }
}
`;
}

/** Loaded when it is asked for: most hosts never do. @throws SystemError */
function nft(commands: string): void {
  const { make, free, buffer, error, run } = library();
  const context = make(0);
  try {
    buffer(context);
    if (run(context, commands) !== 0) throw new SystemError("nftables", "EINVAL", error(context).trim());
  } finally {
    free(context);
  }
}

function library() {
  try {
    const nftables = koffi.load("libnftables.so.1");
    return {
      make: nftables.func("void *nft_ctx_new(uint32_t)"),
      free: nftables.func("void nft_ctx_free(void *)"),
      buffer: nftables.func("int nft_ctx_buffer_error(void *)"),
      error: nftables.func("str nft_ctx_get_error_buffer(void *)"),
      run: nftables.func("int nft_run_cmd_from_buffer(void *, str)"),
    };
  } catch (error) {
    throw new SystemError(
      "load libnftables",
      "ENOENT",
      `install the package libnftables1: ${(error as Error).message}`,
    );
  }
}
