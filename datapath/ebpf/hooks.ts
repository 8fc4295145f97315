/** Our programs on devices' tc ingress: which program belongs where, loaded once and put there. */
import { createHash } from "node:crypto";
import { MAPS } from "../../bpf/layout.gen.ts";
import type { BpfObject, BpfProgram, Host } from "../../host/mod.ts";
import { SystemError } from "../../host/mod.ts";

/** By the kind of device: the object file and the program in it. */
const HOOKS = {
  workload: { file: "workload.o", program: "workload" },
  overlay: { file: "overlay.o", program: "overlay" },
  uplink: { file: "uplink.o", program: "uplink" },
  trap: { file: "trap.o", program: "untrap" },
  service: { file: "unservice.o", program: "unservice" },
  mirror: { file: "mirror.o", program: "copies" },
} as const;
export type HookName = keyof typeof HOOKS;

/** The programs that the others call into; loading it puts them in their places. */
const TAILS_FILE = "slow.o";

interface LoadOptions {
  pinDir: string;
  mapSizes: Record<string, number>;
}

export class Hooks {
  readonly #host: Host;
  readonly #programs = new Map<HookName, BpfProgram>();
  readonly #open: { close(): void }[] = [];
  /** What this run has put where. */
  readonly #attached = new Map<number, HookName>();

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Takes over the pinned programs of an earlier run that had these very files; else loads them, which keeps a CPU with
   * the verifier for a second or two. @throws SystemError when an object cannot be read or the kernel refuses it
   */
  load(objectDir: string, options: LoadOptions): void {
    const files = [TAILS_FILE, ...Object.values(HOOKS).map(({ file }) => file)].map((file) => `${objectDir}/${file}`);
    const build = createHash("sha256");
    for (const file of files) build.update(this.#host.bpf.digest(file));
    const pins = `${options.pinDir}/programs`;
    const pinOf = (name: string) => `${pins}/${build.copy().digest("hex").slice(0, 16)}/${name}`;
    if (this.#hasMaps(options.pinDir) && this.#adopt(pinOf)) return;
    // The tails that the pinned programs call are about to be others: from here on they are a set no more.
    this.#host.removePins(pins);
    this.#loadAll(objectDir, options);
    for (const [name, program] of this.#programs) this.#host.bpf.pinProgram(program, pinOf(name));
  }

  /** Programs whose map lost its pin use one that nobody can fill any more; loading makes a new one. */
  #hasMaps(pinDir: string): boolean {
    return Object.keys(MAPS).every((name) => {
      const map = this.#host.bpf.openPinned(`${pinDir}/${name}`);
      map?.close();
      return map !== undefined;
    });
  }

  /** All of them or none: a run that was killed while it pinned has left too few. */
  #adopt(pinOf: (name: HookName) => string): boolean {
    for (const name of Object.keys(HOOKS) as HookName[]) {
      const program = this.#host.bpf.openPinnedProgram(pinOf(name));
      if (program === undefined) {
        this.close();
        return false;
      }
      this.#open.push(program);
      this.#programs.set(name, program);
    }
    return true;
  }

  #loadAll(objectDir: string, options: LoadOptions): void {
    const load = (file: string): BpfObject => {
      const object = this.#host.bpf.load(`${objectDir}/${file}`, options);
      this.#open.push(object);
      return object;
    };
    load(TAILS_FILE);
    for (const [name, { file, program }] of Object.entries(HOOKS)) {
      this.#programs.set(name as HookName, load(file).program(program));
    }
  }

  /**
   * Puts the program on the device unless this run has done so: over that of an earlier run, without a packet passing
   * in between. @throws SystemError ENODEV when the device is gone
   */
  attach(ifindex: number, name: HookName): void {
    if (this.#attached.get(ifindex) === name) return;
    const program = this.#programs.get(name);
    if (program === undefined) throw new SystemError(`attach ${name}`, "ENOENT", "the driver is not open");
    this.#host.bpf.attachIngress(ifindex, program);
    this.#attached.set(ifindex, name);
  }

  /** The device is gone: another may get its index. */
  forget(ifindex: number): void {
    this.#attached.delete(ifindex);
  }

  /** Nothing there is success. */
  detach(ifindex: number): void {
    this.#attached.delete(ifindex);
    this.#host.bpf.detachIngress(ifindex);
  }

  with(name: HookName): number[] {
    return [...this.#attached].filter(([, hook]) => hook === name).map(([ifindex]) => ifindex);
  }

  close(): void {
    for (const held of this.#open.splice(0)) held.close();
    this.#programs.clear();
    this.#attached.clear();
  }
}
