/** Mirrored and tap ports as map entries; kept in step with the numbers of the ports that copies go to. */
import {
  MIRRORS_MAX,
  MirrorDirection,
  MirrorKind,
  type NetNumber,
  VifFlag,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import type { Id, Ip } from "../../model/mod.ts";
import type { WantedMirror, WantedVif } from "../datapath.ts";
import type { Claims } from "./claims.ts";
import { type Entry, entry } from "./entry.ts";

const NO_IP = "::" as Ip;
const NO_VIF = 0 as VifNumber;
const DIRECTIONS = { in: MirrorDirection.IN, out: MirrorDirection.OUT } as const;

/** Of a port's `flags`. */
export function mirrorFlags({ mirrors = [] }: Pick<WantedVif, "mirrors">): number {
  const has = (direction: WantedMirror["direction"]) => mirrors.some((mirror) => mirror.direction === direction);
  return (has("in") ? VifFlag.MIRROR_IN : 0) | (has("out") ? VifFlag.MIRROR_OUT : 0);
}

/** The first 32 bits of a UUID, to tell which it was. */
const tagOf = (id: Id) => Number.parseInt(id.slice(0, 8), 16) >>> 0;

function wayOf({ id, to }: WantedMirror, numberOf: (port: Id) => VifNumber | undefined) {
  const tag = tagOf(id);
  if (to.kind === "vxlan") return { kind: MirrorKind.VXLAN, vif: NO_VIF, tunnel: to.vni, remote: to.remote, tag };
  const vif = numberOf(to.portId);
  return vif === undefined ? undefined : { kind: MirrorKind.LOCAL, vif, tunnel: 0, remote: NO_IP, tag };
}

/** `numberOf`: of a local port; one that has none now is left out. Of more than MIRRORS_MAX in a direction the first ones count. */
export function mirrorEntries(
  { mirrors = [], taps = [] }: Pick<WantedVif, "mirrors" | "taps">,
  number: VifNumber,
  numberOf: (port: Id) => VifNumber | undefined,
): Entry[] {
  const entries: Entry[] = taps.flatMap(({ vni, hosts }) => [
    entry("taps", { vni }, { vif: number }),
    ...hosts.map((ip) => entry("peers", { net: vni as NetNumber, ip }, { flags: 0 })),
  ]);
  for (const direction of ["in", "out"] as const) {
    const ways = mirrors
      .filter((mirror) => mirror.direction === direction)
      .flatMap((mirror) => wayOf(mirror, numberOf) ?? []);
    const kept = ways.slice(0, MIRRORS_MAX);
    for (const [index, way] of kept.entries()) {
      const key = { vif: number, direction: DIRECTIONS[direction], index };
      entries.push(entry("mirrors", key, { ...way, more: index + 1 < kept.length ? 1 : 0 }));
    }
  }
  return entries;
}

type Mirrored = Pick<WantedVif, "mirrors" | "taps">;

export class Mirrors {
  readonly #claims: Claims;
  readonly #numberOf: (port: Id) => VifNumber | undefined;
  readonly #ports = new Map<Id, Mirrored>();
  /** Local ports that copies go to, with the ports that these are of. */
  readonly #sources = new Map<Id, Set<Id>>();
  readonly #due = new Set<Id>();

  constructor(claims: Claims, numberOf: (port: Id) => VifNumber | undefined) {
    this.#claims = claims;
    this.#numberOf = numberOf;
  }

  /** A port came, changed or went (undefined), and with it perhaps its number. */
  place(id: Id, vif: Mirrored | undefined): void {
    for (const source of this.#sources.get(id) ?? []) this.#due.add(source);
    const before = this.#ports.get(id);
    const isMirrored = vif?.mirrors !== undefined || vif?.taps !== undefined;
    if (before === undefined && !isMirrored) return;
    for (const target of targets(before)) this.#sources.get(target)?.delete(id);
    for (const target of targets(vif)) this.#sources.set(target, (this.#sources.get(target) ?? new Set()).add(id));
    for (const target of targets(before)) if (this.#sources.get(target)?.size === 0) this.#sources.delete(target);
    if (isMirrored && vif !== undefined) this.#ports.set(id, vif);
    else this.#ports.delete(id);
    this.#due.add(id);
  }

  /** Claims what is due, once all ports have their numbers. */
  update(): void {
    for (const id of this.#due) {
      const port = this.#ports.get(id);
      const number = this.#numberOf(id);
      const isHere = port !== undefined && number !== undefined;
      this.#claims.set(`mirror:${id}`, isHere ? mirrorEntries(port, number, this.#numberOf) : []);
    }
    this.#due.clear();
  }
}

function targets(port: Mirrored | undefined): Id[] {
  return (port?.mirrors ?? []).flatMap(({ to }) => (to.kind === "port" ? [to.portId] : []));
}
