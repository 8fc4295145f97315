/** libbpf's C functions by koffi, and its habits turned into ours: negative errno to SystemError, printed text to detail. */
import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import { SystemError } from "../host.ts";

const library = koffi.load("libbpf.so.1");
const libc = koffi.load(null);

koffi.opaque("bpf_object");
koffi.opaque("bpf_map");
koffi.opaque("bpf_program");

// Only the first fields: libbpf reads no further than `sz` says.
const OpenOptions = koffi.struct("bpf_object_open_opts", {
  sz: "size_t",
  object_name: "const char *",
  relaxed_maps: "bool",
  pin_root_path: "const char *",
});
const TcHook = koffi.struct("bpf_tc_hook", {
  sz: "size_t",
  ifindex: "int",
  attach_point: "int",
  parent: "uint32_t",
});
const TcOptions = koffi.struct("bpf_tc_opts", {
  sz: "size_t",
  prog_fd: "int",
  flags: "uint32_t",
  prog_id: "uint32_t",
  handle: "uint32_t",
  priority: "uint32_t",
});
const TestRunOptions = koffi.struct("bpf_test_run_opts", {
  sz: "size_t",
  data_in: "void *",
  data_out: "void *",
  data_size_in: "uint32_t",
  data_size_out: "uint32_t",
  ctx_in: "void *",
  ctx_out: "void *",
  ctx_size_in: "uint32_t",
  ctx_size_out: "uint32_t",
  retval: "uint32_t",
  repeat: "int",
  duration: "uint32_t",
  flags: "uint32_t",
  cpu: "uint32_t",
  batch_size: "uint32_t",
});
const MapInfo = koffi.struct("bpf_map_info", {
  type: "uint32_t",
  id: "uint32_t",
  key_size: "uint32_t",
  value_size: "uint32_t",
  max_entries: "uint32_t",
  map_flags: "uint32_t",
  name: koffi.array("char", 16, "String"),
});

export const sizes = {
  openOptions: koffi.sizeof(OpenOptions),
  tcHook: koffi.sizeof(TcHook),
  tcOptions: koffi.sizeof(TcOptions),
  testRunOptions: koffi.sizeof(TestRunOptions),
  mapInfo: koffi.sizeof(MapInfo),
};

/** A pointer that libbpf gave us. */
export type Handle = bigint & { readonly brand: "libbpf" };

export interface TcHookValue {
  sz: number;
  ifindex: number;
  attach_point: number;
  parent: number;
}
export interface TcOptionsValue {
  sz: number;
  prog_fd: number;
  flags: number;
  prog_id: number;
  handle: number;
  priority: number;
}
export interface TestRunValue {
  sz: number;
  data_in: Uint8Array;
  data_out: Uint8Array;
  data_size_in: number;
  data_size_out: number;
  ctx_in: Uint8Array | null;
  ctx_out: Uint8Array;
  ctx_size_in: number;
  ctx_size_out: number;
  retval: number;
  repeat: number;
  duration: number;
  flags: number;
  cpu: number;
  batch_size: number;
}
export interface MapInfoValue {
  type: number;
  key_size: number;
  value_size: number;
  max_entries: number;
  name: string;
}

/** koffi's way to call on another thread. */
interface Async<A extends unknown[]> {
  async(...args: [...A, done: (error: Error | null, result: number) => void]): void;
}

const bind = <F>(prototype: string): F => library.func(prototype) as unknown as F;

/** Each returns 0 or more, or a negative errno, unless it returns a handle. */
export const libbpf = {
  open: bind<(path: string, options: object) => Handle>(
    "bpf_object *bpf_object__open_file(const char *path, const bpf_object_open_opts *opts)",
  ),
  load: bind<((object: Handle) => number) & Async<[object: Handle]>>("int bpf_object__load(bpf_object *obj)"),
  close: bind<(object: Handle) => void>("void bpf_object__close(bpf_object *obj)"),
  nextMap: bind<(object: Handle, map: Handle | null) => Handle | null>(
    "bpf_map *bpf_object__next_map(const bpf_object *obj, const bpf_map *map)",
  ),
  nextProgram: bind<(object: Handle, program: Handle | null) => Handle | null>(
    "bpf_program *bpf_object__next_program(const bpf_object *obj, bpf_program *prog)",
  ),
  mapName: bind<(map: Handle) => string>("const char *bpf_map__name(const bpf_map *map)"),
  mapFd: bind<(map: Handle) => number>("int bpf_map__fd(const bpf_map *map)"),
  mapPinPath: bind<(map: Handle) => string | null>("const char *bpf_map__pin_path(const bpf_map *map)"),
  setMaxEntries: bind<(map: Handle, entries: number) => number>(
    "int bpf_map__set_max_entries(bpf_map *map, uint32_t max_entries)",
  ),
  programName: bind<(program: Handle) => string>("const char *bpf_program__name(const bpf_program *prog)"),
  programFd: bind<(program: Handle) => number>("int bpf_program__fd(const bpf_program *prog)"),
  cpus: bind<() => number>("int libbpf_num_possible_cpus()"),
  get: bind<(path: string) => number>("int bpf_obj_get(const char *path)"),
  pin: bind<(fd: number, path: string) => number>("int bpf_obj_pin(int fd, const char *path)"),
  info: bind<(fd: number, info: Partial<MapInfoValue>, size: [number]) => number>(
    "int bpf_obj_get_info_by_fd(int fd, _Out_ bpf_map_info *info, _Inout_ uint32_t *size)",
  ),
  lookup: bind<(fd: number, key: Uint8Array, value: Uint8Array) => number>(
    "int bpf_map_lookup_elem(int fd, const void *key, void *value)",
  ),
  update: bind<(fd: number, key: Uint8Array, value: Uint8Array, flags: number) => number>(
    "int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)",
  ),
  delete: bind<(fd: number, key: Uint8Array) => number>("int bpf_map_delete_elem(int fd, const void *key)"),
  nextKey: bind<(fd: number, key: Uint8Array | null, next: Uint8Array) => number>(
    "int bpf_map_get_next_key(int fd, const void *key, void *next)",
  ),
  lookupBatch: bind<
    (
      fd: number,
      from: Uint8Array | null,
      to: Uint8Array,
      keys: Uint8Array,
      values: Uint8Array,
      count: [number],
      options: null,
    ) => number
  >(
    "int bpf_map_lookup_batch(int fd, void *from, void *to, void *keys, void *values, _Inout_ uint32_t *count, void *opts)",
  ),
  updateBatch: bind<(fd: number, keys: Uint8Array, values: Uint8Array, count: [number], options: null) => number>(
    "int bpf_map_update_batch(int fd, const void *keys, const void *values, _Inout_ uint32_t *count, void *opts)",
  ),
  deleteBatch: bind<(fd: number, keys: Uint8Array, count: [number], options: null) => number>(
    "int bpf_map_delete_batch(int fd, const void *keys, _Inout_ uint32_t *count, void *opts)",
  ),
  testRun: bind<(fd: number, options: TestRunValue) => number>(
    "int bpf_prog_test_run_opts(int fd, _Inout_ bpf_test_run_opts *opts)",
  ),
  tcHookCreate: bind<(hook: TcHookValue) => number>("int bpf_tc_hook_create(bpf_tc_hook *hook)"),
  tcAttach: bind<(hook: TcHookValue, options: TcOptionsValue) => number>(
    "int bpf_tc_attach(const bpf_tc_hook *hook, bpf_tc_opts *opts)",
  ),
  tcDetach: bind<(hook: TcHookValue, options: TcOptionsValue) => number>(
    "int bpf_tc_detach(const bpf_tc_hook *hook, const bpf_tc_opts *opts)",
  ),
  tcQuery: bind<(hook: TcHookValue, options: TcOptionsValue) => number>(
    "int bpf_tc_query(const bpf_tc_hook *hook, _Inout_ bpf_tc_opts *opts)",
  ),
};

/** The kernel's ENOTSUPP, which user space was never meant to see and Node has no name for. */
export const ENOTSUPP = 524;

export function errnoName(errno: number): string {
  if (errno === ENOTSUPP) return "ENOTSUPP";
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `E${errno}`;
  }
}

/** The errno of a failed call that returned a null handle. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Passes a result on. @throws SystemError when it is a negative errno, unless that is in `accept` */
export function check(call: string, result: number, accept: readonly string[] = [], detail = ""): number {
  if (result >= 0 || accept.includes(errnoName(-result))) return result;
  throw new SystemError(call, errnoName(-result), detail);
}

const printed: string[] = [];
const PRINT_WARNING = 0;
/** libbpf's own limit for a verifier log; memory is only touched as far as there is text. */
const PRINT_SIZE = 16 << 20;
const TAIL_SIZE = 4096;

const vsnprintf = libc.func(
  "int vsnprintf(void *text, size_t size, const char *format, void *arguments)",
) as unknown as (text: Uint8Array, size: number, format: bigint, list: bigint) => number;

// A va_list travels as a pointer on both architectures that Node's LTS serves (x86-64: array, AArch64: by reference).
const Print = koffi.proto("int libbpf_print(int level, void *format, void *arguments)");
const setPrint = library.func("libbpf_set_print", "void *", [koffi.pointer(Print)]);
setPrint(
  koffi.register((level: number, format: bigint, list: bigint) => {
    if (level !== PRINT_WARNING) return 0;
    const text = Buffer.allocUnsafeSlow(PRINT_SIZE);
    const length = Math.min(vsnprintf(text, PRINT_SIZE, format, list), PRINT_SIZE - 1);
    printed.push(text.toString("utf8", Math.max(0, length - TAIL_SIZE), length));
    if (printed.length > 50) printed.shift();
    return 0;
  }, koffi.pointer(Print)),
);

/** Forgets what libbpf said so far. */
export function forgetPrinted(): void {
  printed.length = 0;
}

/** The last lines of what libbpf, or the verifier through it, said since {@link forgetPrinted}. */
export function lastPrinted(lines = 20): string {
  return printed.join("").trimEnd().split("\n").slice(-lines).join("\n");
}
