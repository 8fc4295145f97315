/** From the data plane's numbers back to what the control node calls things: as they are at one moment. */
import {
  MAPS,
  NET_LOCAL,
  type NetNumber,
  type RouterNumber,
  RuleDirection,
  type SetNumber,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import type { BpfMap, Links } from "../../host/mod.ts";
import type { Id } from "../../model/mod.ts";
import type { Wanted } from "../datapath.ts";
import type { VifNumbers } from "./numbers.ts";
import type { GroupSets } from "./sets.ts";

interface Sources {
  numbers: VifNumbers;
  sets: GroupSets;
  networks: ReadonlyMap<NetNumber, Id>;
  routers: BpfMap;
  links: Links;
  wanted: Wanted | undefined;
}

export class Names {
  readonly #from: Sources;
  readonly #sets = new Map<SetNumber, readonly Id[]>();
  readonly #devices = new Map<number, string>();

  constructor(from: Sources) {
    this.#from = from;
    for (const { number, groups } of from.sets.all()) this.#sets.set(number, groups);
    for (const { index, name } of from.links.list()) this.#devices.set(index, name);
  }

  /** A number that nobody has any more is said as such. */
  port(number: VifNumber): Id {
    return this.#from.numbers.idOf(number) ?? `port number ${number}`;
  }

  network(net: NetNumber): Id {
    const known = this.#from.networks.get(net);
    if (known !== undefined) return known;
    return net & NET_LOCAL ? `VLAN ${net & 0xfff}` : `VNI ${net}`;
  }

  /** The UUID stands in its slot. */
  router(number: RouterNumber): Id {
    const slot = this.#from.routers.lookup(MAPS.routers.key.encode(number));
    return slot === undefined ? `router number ${number}` : uuid(MAPS.routers.value.decode(slot).id);
  }

  groups(set: SetNumber): Id[] {
    return [...(this.#sets.get(set) ?? [])];
  }

  device(ifindex: number): string {
    return this.#devices.get(ifindex) ?? `device ${ifindex}`;
  }

  /** The rule whose id begins with these 32 bits. */
  rule(tag: number, set: SetNumber, direction: number): { id: Id; group: Id } | null {
    const start = tag.toString(16).padStart(8, "0");
    const wanted = direction === RuleDirection.INGRESS ? "ingress" : "egress";
    for (const group of this.groups(set)) {
      const rules = this.#from.wanted?.groups.get(group)?.rules ?? [];
      const found = rules.find((rule) => rule.direction === wanted && rule.id.startsWith(start));
      if (found !== undefined) return { id: found.id, group };
    }
    return null;
  }
}

function uuid(words: readonly number[]): Id {
  const bytes = Buffer.alloc(16);
  for (const [at, word] of words.entries()) bytes.writeUInt32LE(word, at * 4);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
