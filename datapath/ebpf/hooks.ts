/** Our programs on devices' tc ingress: which program belongs where, loaded once and put there. */
import type { Bpf, BpfObject, BpfProgram } from "../../host/mod.ts";
import { SystemError } from "../../host/mod.ts";

/** By the kind of device: the object file and the program in it. */
const HOOKS = {
  workload: { file: "workload.o", program: "workload" },
  overlay: { file: "overlay.o", program: "overlay" },
  uplink: { file: "uplink.o", program: "uplink" },
  trap: { file: "trap.o", program: "untrap" },
} as const;
export type HookName = keyof typeof HOOKS;

/** The programs that the others call into; loading it puts them in their places. */
const TAILS_FILE = "slow.o";

export class Hooks {
  readonly #bpf: Bpf;
  readonly #programs = new Map<HookName, BpfProgram>();
  readonly #objects: BpfObject[] = [];
  /** What this run has put where. */
  readonly #attached = new Map<number, HookName>();

  constructor(bpf: Bpf) {
    this.#bpf = bpf;
  }

  /** @throws SystemError when an object cannot be read or the kernel refuses it */
  load(objectDir: string, options: { pinDir: string; mapSizes: Record<string, number> }): void {
    const load = (file: string): BpfObject => {
      const object = this.#bpf.load(`${objectDir}/${file}`, options);
      this.#objects.push(object);
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
    this.#bpf.attachIngress(ifindex, program);
    this.#attached.set(ifindex, name);
  }

  /** The device is gone: another may get its index. */
  forget(ifindex: number): void {
    this.#attached.delete(ifindex);
  }

  /** Nothing there is success. */
  detach(ifindex: number): void {
    this.#attached.delete(ifindex);
    this.#bpf.detachIngress(ifindex);
  }

  with(name: HookName): number[] {
    return [...this.#attached].filter(([, hook]) => hook === name).map(([ifindex]) => ifindex);
  }

  close(): void {
    for (const object of this.#objects.splice(0)) object.close();
    this.#programs.clear();
    this.#attached.clear();
  }
}
