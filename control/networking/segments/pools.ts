/**
 * From where segments are chosen: the control node's own ranges and those that administrators made
 * (neutron/objects/network_segment_range.py get_segments_for_project, get_segments_shared).
 */
import type { NetworkSegmentRangeRecord, NetworkType, SegmentRecord } from "../../../model/mod.ts";
import { chooseNumber } from "../../ipam/mod.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";

/** Numbers of one type and physical network. */
export interface Pool {
  physicalNetwork: string | null;
  minimum: number;
  maximum: number;
  /** Unless it is one of the control node's own. */
  rangeId?: string;
}

export const placeOf = (type: string, physicalNetwork: string | null) => `${type} ${physicalNetwork ?? ""}`;
const segmentKey = ({ network_type, physical_network, segmentation_id }: Used) =>
  `${placeOf(network_type, physical_network)} ${segmentation_id}`;
type Used = Pick<SegmentRecord, "network_type" | "physical_network" | "segmentation_id">;

/** The segments of a type, on a physical network; and the one of a number. */
export const BY_PLACE = index("segment", ({ network_type, physical_network }) => [
  placeOf(network_type, physical_network),
]);
export const BY_SEGMENT = index("segment", (segment) => [segmentKey(segment)]);
/** Tap services have VNIs of the same pools. */
const TAPS_BY_VNI = index("tap_service", ({ vni }) => [vni ? String(vni) : null]);
export const RANGES = index("network_segment_range", ({ network_type }) => [network_type]);

/** The ranges of the control node's flags. */
export function* ownPools({ options }: Env, type: NetworkType): Iterable<Pool> {
  if (type === "vxlan") {
    for (const [minimum, maximum] of options.vxlanRanges) yield { physicalNetwork: null, minimum, maximum };
  }
  if (type !== "vlan") return;
  for (const [physicalNetwork, ranges] of Object.entries(options.vlanRanges)) {
    for (const [minimum, maximum] of ranges) yield { physicalNetwork, minimum, maximum };
  }
}

const poolOf = ({ id, physical_network, minimum, maximum }: NetworkSegmentRangeRecord): Pool => ({
  physicalNetwork: physical_network,
  minimum,
  maximum,
  rangeId: id,
});

/** What is left of a pool without another. */
function minus(pool: Pool, { physicalNetwork, minimum, maximum }: Pool): Pool[] {
  const isApart = pool.physicalNetwork !== physicalNetwork || maximum < pool.minimum || minimum > pool.maximum;
  if (isApart) return [pool];
  const left = { ...pool, maximum: minimum - 1 };
  const right = { ...pool, minimum: maximum + 1 };
  return [left, right].filter(({ minimum: from, maximum: to }) => from <= to);
}

/** The project's own ranges, then the shared ones without those of other projects. Each list is one choice. */
export function poolsFor(
  env: Env,
  reader: Reader,
  type: NetworkType,
  projectId: string,
  physicalNetwork: string | null,
): [own: Pool[], shared: Pool[]] {
  const fits = (pool: Pool) => physicalNetwork === null || pool.physicalNetwork === physicalNetwork;
  const ranges = reader.select(RANGES, type);
  const own = ranges.filter((range) => range.project_id === projectId).map(poolOf);
  const others = ranges.filter((range) => !range.shared && range.project_id !== projectId).map(poolOf);
  let shared = [...ownPools(env, type), ...ranges.filter((range) => range.shared).map(poolOf)];
  for (const other of others) shared = shared.flatMap((pool) => minus(pool, other));
  return [own.filter(fits), shared.filter(fits)];
}

export const sizeOf = ({ minimum, maximum }: Pool) => maximum - minimum + 1;

/** A free number anywhere in the pools; undefined when all are used. */
export function chooseIn(
  env: Env,
  pools: readonly Pool[],
  type: NetworkType,
  isTaken: (pool: Pool, id: number) => boolean,
): { pool: Pool; id: number } | undefined {
  const at = (offset: number): { pool: Pool; id: number } => {
    let rest = offset;
    for (const pool of pools) {
      if (rest < sizeOf(pool)) return { pool, id: pool.minimum + rest };
      rest -= sizeOf(pool);
    }
    throw new RangeError(`${offset} is beyond the pools`);
  };
  const total = pools.reduce((sum, pool) => sum + sizeOf(pool), 0);
  if (total === 0) return undefined;
  const places = new Set(pools.map(({ physicalNetwork }) => placeOf(type, physicalNetwork)));
  const offset = chooseNumber(0, total - 1, {
    usedCount: [...places].reduce((sum, place) => sum + env.indexes.of(BY_PLACE, place).size, 0),
    isUsed: (candidate) => {
      const { pool, id } = at(candidate);
      return isUsed(env, type, pool.physicalNetwork, id) || isTaken(pool, id);
    },
    random: env.random,
  });
  return offset === undefined ? undefined : at(offset);
}

export function isUsed(env: Env, type: string, physicalNetwork: string | null, id: number): boolean {
  const key = segmentKey({ network_type: type as NetworkType, physical_network: physicalNetwork, segmentation_id: id });
  if (env.indexes.of(BY_SEGMENT, key).size > 0) return true;
  return type === "vxlan" && env.indexes.of(TAPS_BY_VNI, String(id)).size > 0;
}

/**
 * A physical network is known by the flags, by a range or by a host that is connected to it. While nobody knows of any,
 * as before the first host reports, every name is taken.
 */
export function knowsPhysicalNetwork(env: Env, reader: Reader, name: string): boolean {
  const { vlanRanges } = env.options;
  if (Object.hasOwn(vlanRanges, name)) return true;
  let isAny = Object.keys(vlanRanges).length > 0;
  for (const { physical_network } of reader.select(RANGES, "vlan")) {
    if (physical_network === name) return true;
    isAny = true;
  }
  for (const { physical_networks: networks } of env.indexes.hostFacts) {
    if (Object.hasOwn(networks, name)) return true;
    isAny ||= Object.keys(networks).length > 0;
  }
  return !isAny;
}
