/** The kinds of segments: what one may ask for, and the key of the store that makes it one's own (ml2/drivers/type_*.py). */
import { type Fault, fault, type Id, type NetworkType, type SegmentRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { chooseIn, knowsPhysicalNetwork, type Pool, poolsFor } from "./pools.ts";

/** A segment as it is asked for: an id of null is one to choose. */
export interface Wish {
  network_type: string;
  physical_network: string | null;
  segmentation_id: number | null;
}

export type Segment = Pick<SegmentRecord, "network_type" | "physical_network" | "segmentation_id">;

export interface Request {
  env: Env;
  draft: Draft;
  networkId: Id;
  /** Whose network it is: its own ranges come first. */
  projectId: string;
}

interface Type {
  maxId: number;
  /** @throws Fault InvalidInput */
  check(request: Request, wish: Wish): void;
  /** False for a type of which there is nothing to choose. */
  isPartial(wish: Wish): boolean;
  key(segment: Segment): string | undefined;
  inUse(segment: Segment): Fault;
}

export const refuse = (error_message: string) => fault("InvalidInput", { error_message });

/** Neutron takes any number; the field of a packet does not (RFC 7348 section 5, IEEE 802.1Q). */
function checkId(id: number | null, max: number): void {
  if (id !== null && (id < 1 || id > max)) throw refuse(`segmentation_id out of range (1 through ${max})`);
}

const vxlan: Type = {
  maxId: 2 ** 24 - 1,
  check(_request, { physical_network, segmentation_id }) {
    if (physical_network) throw refuse("provider:physical_network specified for vxlan network");
    checkId(segmentation_id, this.maxId);
  },
  isPartial: ({ segmentation_id }) => segmentation_id === null,
  key: ({ segmentation_id: vni }) => (vni === null ? undefined : keys.vni(vni)),
  inUse: ({ segmentation_id }) => fault("TunnelIdInUse", { tunnel_id: segmentation_id }),
};

const vlan: Type = {
  maxId: 4094,
  check({ env, draft }, { physical_network, segmentation_id }) {
    if (physical_network) {
      if (!knowsPhysicalNetwork(env, draft, physical_network)) {
        throw refuse(`physical_network '${physical_network}' unknown for VLAN provider network`);
      }
      checkId(segmentation_id, this.maxId);
    } else if (segmentation_id !== null) {
      throw refuse("segmentation_id requires physical_network for VLAN provider network");
    }
  },
  isPartial: ({ segmentation_id }) => segmentation_id === null,
  key: ({ physical_network: name, segmentation_id: id }) =>
    name === null || id === null ? undefined : keys.vlan(name, id),
  inUse: ({ physical_network, segmentation_id }) =>
    fault("VlanIdInUse", { vlan_id: segmentation_id, physical_network }),
};

const flat: Type = {
  maxId: 0,
  check(_request, { physical_network, segmentation_id }) {
    if (!physical_network) throw refuse("physical_network required for flat provider network");
    if (segmentation_id) throw refuse("segmentation_id prohibited for flat provider network");
  },
  isPartial: () => false,
  key: ({ physical_network: name }) => (name === null ? undefined : keys.flat(name)),
  inUse: ({ physical_network }) => fault("FlatNetworkInUse", { physical_network }),
};

/** Those that the data plane can carry. The others of Neutron's (local, gre, geneve) are refused as where they are not loaded. */
export const TYPES: Record<NetworkType, Type> = { vxlan, vlan, flat };

export const isType = (name: string): name is NetworkType => Object.hasOwn(TYPES, name);

/** @throws Fault InvalidInput */
export function checkWish(request: Request, wish: Wish): Segment {
  const { network_type: type } = wish;
  if (!isType(type)) throw refuse(`network_type value '${type}' not supported`);
  TYPES[type].check(request, wish);
  const isFlat = type === "flat";
  return {
    network_type: type,
    physical_network: wish.physical_network || null,
    segmentation_id: isFlat ? null : wish.segmentation_id,
  };
}

export const isPartial = (segment: Segment): boolean => TYPES[segment.network_type].isPartial(segment);

/** Makes the segment the network's own. @throws Fault when it is another's */
export function claimSegment({ draft, networkId }: Request, segment: Segment): void {
  const { key, inUse } = TYPES[segment.network_type];
  const name = key(segment);
  if (name !== undefined) draft.claim(name, networkId, () => inUse(segment));
}

/** Gives a segment back. */
export function releaseSegment(draft: Draft, segment: Segment): void {
  const name = TYPES[segment.network_type].key(segment);
  if (name !== undefined) draft.release(name);
}

function chosen({ draft, networkId }: Request, type: NetworkType, pool: Pool, id: number): Segment {
  const segment = { network_type: type, physical_network: pool.physicalNetwork, segmentation_id: id };
  draft.claim(TYPES[type].key(segment) as string, networkId);
  // The range is taken away meanwhile: another choice.
  if (pool.rangeId !== undefined) draft.present("network_segment_range", pool.rangeId);
  return segment;
}

/** A free segment of the type, of any physical network unless one is named; undefined when all are used. */
export function chooseSegment(
  request: Request,
  type: NetworkType,
  physicalNetwork: string | null = null,
): Segment | undefined {
  const { env, draft, projectId } = request;
  for (const pools of poolsFor(env, draft, type, projectId, physicalNetwork)) {
    const found = chooseIn(env, pools, type, (pool, id) => {
      const segment = { network_type: type, physical_network: pool.physicalNetwork, segmentation_id: id };
      return draft.isTaken(TYPES[type].key(segment) as string);
    });
    if (found !== undefined) return chosen(request, type, found.pool, found.id);
  }
  return undefined;
}

/** Makes what is wished the network's own, choosing what is left open. @throws Fault NoNetworkAvailable and others */
export function reserve(request: Request, wish: Wish): Segment {
  const segment = checkWish(request, wish);
  if (!isPartial(segment)) {
    claimSegment(request, segment);
    return segment;
  }
  const found = chooseSegment(request, segment.network_type, segment.physical_network);
  if (found === undefined) throw fault("NoNetworkAvailable");
  return found;
}
