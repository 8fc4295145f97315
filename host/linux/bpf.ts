/** eBPF objects, maps and tc hooks of the network namespace that the calling thread is in. */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { type Bpf, type BpfMap, type BpfObject, type BpfProgram, SystemError } from "../host.ts";
import { bpfMap, mapInfo, openPinnedMap } from "./bpf-map.ts";
import {
  check,
  errnoName,
  forgetPrinted,
  type Handle,
  lastErrno,
  lastPrinted,
  libbpf,
  sizes,
  type TcHookValue,
  type TcOptionsValue,
  type TestRunValue,
} from "./libbpf.ts";

const TC_INGRESS = 1;
const TC_REPLACE = 1;
/** First of all filters, and a handle by which ours is told from others of that priority. */
const TC_PRIORITY = 1;
const TC_HANDLE = 0xcab1e;
const SKB_CONTEXT_SIZE = 192;
/** Room for what a program may put in front of a packet. */
const HEADROOM_SIZE = 512;

function list(next: (previous: Handle | null) => Handle | null): Handle[] {
  const handles: Handle[] = [];
  for (let handle = next(null); handle !== null; handle = next(handle)) handles.push(handle);
  return handles;
}

function program(name: string, fd: number): BpfProgram {
  return {
    name,
    fd,
    testRun({ packet, ctx, repeat = 1 }) {
      const data = Buffer.alloc(packet.length + HEADROOM_SIZE);
      const ctxOut = Buffer.alloc(SKB_CONTEXT_SIZE);
      const options: TestRunValue = {
        sz: sizes.testRunOptions,
        data_in: packet,
        data_out: data,
        data_size_in: packet.length,
        data_size_out: data.length,
        ctx_in: ctx ?? null,
        ctx_out: ctxOut,
        ctx_size_in: ctx?.length ?? 0,
        ctx_size_out: ctxOut.length,
        retval: 0,
        repeat,
        duration: 0,
        flags: 0,
        cpu: 0,
        batch_size: 0,
      };
      check(`test run ${name}`, libbpf.testRun(fd, options));
      return {
        verdict: options.retval,
        packet: data.subarray(0, options.data_size_out),
        ctx: ctxOut.subarray(0, options.ctx_size_out),
        durationNs: options.duration,
      };
    },
  };
}

/** A map that is pinned already keeps its size, whatever is wished now: its entries are worth more. */
function setSize(map: Handle, wished: number | undefined): void {
  const name = libbpf.mapName(map);
  const path = libbpf.mapPinPath(map);
  const fd = path === null ? -1 : libbpf.get(path);
  if (fd >= 0) {
    const { max_entries: entries } = mapInfo(fd);
    closeSync(fd);
    check(`resize ${name}`, libbpf.setMaxEntries(map, entries));
  } else if (wished !== undefined) {
    check(`resize ${name}`, libbpf.setMaxEntries(map, wished));
  }
}

/** libbpf keeps the descriptors of an object's maps and programs, and closes them with it. */
function loaded(handle: Handle): BpfObject {
  const programs = new Map(
    list((p) => libbpf.nextProgram(handle, p)).map((p) => {
      const name = libbpf.programName(p);
      return [name, program(name, libbpf.programFd(p))];
    }),
  );
  const maps = new Map<string, BpfMap>();
  for (const map of list((m) => libbpf.nextMap(handle, m))) {
    maps.set(libbpf.mapName(map), { ...bpfMap(libbpf.mapFd(map)), close() {} });
  }
  let open = true;
  return {
    program(name) {
      const found = programs.get(name);
      if (found === undefined) throw new SystemError(`program ${name}`, "ENOENT", "not in this object");
      return found;
    },
    map(name) {
      const found = maps.get(name);
      if (found === undefined) throw new SystemError(`map ${name}`, "ENOENT", "not in this object");
      return found;
    },
    close() {
      if (open) libbpf.close(handle);
      open = false;
    },
  };
}

const hookOf = (ifindex: number): TcHookValue => ({ sz: sizes.tcHook, ifindex, attach_point: TC_INGRESS, parent: 0 });

const tcOptions = (change: Partial<TcOptionsValue>): TcOptionsValue => ({
  sz: sizes.tcOptions,
  prog_fd: 0,
  flags: 0,
  prog_id: 0,
  handle: TC_HANDLE,
  priority: TC_PRIORITY,
  ...change,
});

/** Nothing of ours there: no device, no clsact, or no filter with our handle. */
const NOT_THERE = ["ENOENT", "EINVAL", "ENODEV"];

/** An object file with its maps sized, not yet loaded. */
function opened(
  file: string,
  { pinDir, mapSizes = {} }: { pinDir: string; mapSizes?: Record<string, number> },
): Handle {
  mkdirSync(pinDir, { recursive: true });
  forgetPrinted();
  const handle = libbpf.open(file, {
    sz: sizes.openOptions,
    object_name: null,
    relaxed_maps: false,
    pin_root_path: pinDir,
  });
  if (handle === null) throw new SystemError(`open ${file}`, errnoName(lastErrno()), lastPrinted());
  try {
    for (const map of list((m) => libbpf.nextMap(handle, m))) setSize(map, mapSizes[libbpf.mapName(map)]);
    return handle;
  } catch (error) {
    libbpf.close(handle);
    throw error;
  }
}

/** `result`: what loading it gave. */
function finished(file: string, handle: Handle, result: number): BpfObject {
  try {
    check(`load ${file}`, result, [], result < 0 ? lastPrinted() : "");
    return loaded(handle);
  } catch (error) {
    libbpf.close(handle);
    throw error;
  }
}

/** {@link Bpf} of this kernel. */
export function linuxBpf(): Bpf {
  return {
    load(file, options) {
      const handle = opened(file, options);
      return finished(file, handle, libbpf.load(handle));
    },

    async loadAside(file, options) {
      const handle = opened(file, options);
      const result = await promisify(libbpf.load.async)(handle);
      return finished(file, handle, result);
    },

    digest(file) {
      try {
        return createHash("sha256").update(readFileSync(file)).digest("hex");
      } catch (error) {
        throw new SystemError(`read ${file}`, (error as NodeJS.ErrnoException).code ?? "EIO");
      }
    },

    openPinned: openPinnedMap,

    pinProgram({ fd }, path) {
      mkdirSync(dirname(path), { recursive: true });
      check(`pin ${path}`, libbpf.pin(fd, path));
    },

    openPinnedProgram(path) {
      const fd = libbpf.get(path);
      return fd < 0 ? undefined : { ...program(basename(path), fd), close: () => closeSync(fd) };
    },

    attachIngress(ifindex, { fd }) {
      const hook = hookOf(ifindex);
      forgetPrinted();
      check(`clsact on ${ifindex}`, libbpf.tcHookCreate(hook), ["EEXIST"], lastPrinted());
      const result = libbpf.tcAttach(hook, tcOptions({ prog_fd: fd, flags: TC_REPLACE }));
      check(`attach to ${ifindex}`, result, [], result < 0 ? lastPrinted() : "");
    },

    attachedIngress(ifindex) {
      const options = tcOptions({});
      return check(`query ${ifindex}`, libbpf.tcQuery(hookOf(ifindex), options), NOT_THERE) < 0
        ? undefined
        : options.prog_id;
    },

    detachIngress(ifindex) {
      check(`detach from ${ifindex}`, libbpf.tcDetach(hookOf(ifindex), tcOptions({})), NOT_THERE);
    },
  };
}
