/** The pinned maps that the agent fills or reads, checked against the layout that this code was generated from. */
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";
import { type Bpf, type BpfMap, SystemError } from "../../host/mod.ts";

const NAMES = Object.keys(MAPS) as MapName[];

/** BPF values are padded to 8 bytes where there is one per CPU. */
const sizeMatches = (actual: number, expected: number): boolean =>
  actual === expected || actual === Math.ceil(expected / 8) * 8;

function check(name: MapName, map: BpfMap): void {
  const { key, value } = MAPS[name];
  if (map.keySize === key.size && sizeMatches(map.valueSize, value.size)) return;
  const found = `${map.keySize}+${map.valueSize} bytes where ${key.size}+${value.size} belong`;
  throw new SystemError(`map ${name}`, "EINVAL", `${found}: build the programs from the same version as the agent`);
}

export class Maps {
  readonly #maps = new Map<MapName, BpfMap>();

  /** @throws SystemError when one is missing or laid out differently */
  constructor(bpf: Bpf, pinDir: string) {
    try {
      for (const name of NAMES) {
        const map = bpf.openPinned(`${pinDir}/${name}`);
        if (map === undefined) throw new SystemError(`map ${name}`, "ENOENT", `not pinned in ${pinDir}`);
        this.#maps.set(name, map);
        check(name, map);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get(name: MapName): BpfMap {
    return this.#maps.get(name) as BpfMap;
  }

  close(): void {
    for (const map of this.#maps.values()) map.close();
  }
}
