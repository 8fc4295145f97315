/** Our programs on devices' tc ingress: which program belongs where, loaded once and put there. */
import type { Bpf, BpfObject } from "../../host/mod.ts";
import { SystemError } from "../../host/mod.ts";

/** A program by the kind of device it is for; its object file and its name in there are the same word. */
export type HookName = "workload" | "overlay" | "uplink" | "trap";
const HOOKS: readonly HookName[] = ["workload", "overlay", "uplink", "trap"];

export class Hooks {
  readonly #bpf: Bpf;
  readonly #objects = new Map<HookName, BpfObject>();
  /** What this run has put where. */
  readonly #attached = new Map<number, HookName>();

  constructor(bpf: Bpf) {
    this.#bpf = bpf;
  }

  /** @throws SystemError when an object cannot be read or the kernel refuses it */
  load(objectDir: string, options: { pinDir: string; mapSizes: Record<string, number> }): void {
    for (const name of HOOKS) this.#objects.set(name, this.#bpf.load(`${objectDir}/${name}.bpf.o`, options));
  }

  /**
   * Puts the program on the device unless this run has done so: over that of an earlier run, without a packet passing
   * in between. @throws SystemError ENODEV when the device is gone
   */
  attach(ifindex: number, name: HookName): void {
    if (this.#attached.get(ifindex) === name) return;
    const object = this.#objects.get(name);
    if (object === undefined) throw new SystemError(`attach ${name}`, "ENOENT", "the driver is not open");
    this.#bpf.attachIngress(ifindex, object.program(name));
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
    for (const object of this.#objects.values()) object.close();
    this.#objects.clear();
    this.#attached.clear();
  }
}
