/** The segment that a network uses on the wire: asked for by its creator or chosen, and unique (ml2/drivers/type_*.py). */
import type { Attributes } from "../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type NetworkType } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import { chooseNumber } from "../ipam/mod.ts";
import { given, isText, isWhole, orNull } from "./attributes.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";

export type SegmentAttributes = Pick<
  NetworkRecord,
  "provider:network_type" | "provider:physical_network" | "provider:segmentation_id"
>;

export const SEGMENT_NAMES = [
  "provider:network_type",
  "provider:physical_network",
  "provider:segmentation_id",
] as const satisfies (keyof SegmentAttributes)[];

const MAX_VNI = 2 ** 24 - 1;
const MAX_VLAN = 4094;

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

const segment = (type: NetworkType, physicalNetwork: string | null, id: number | null): SegmentAttributes => ({
  "provider:network_type": type,
  "provider:physical_network": physicalNetwork,
  "provider:segmentation_id": id,
});

interface Request {
  draft: Draft;
  env: Env;
  networkId: Id;
  physicalNetwork: string | null;
  /** The VNI or VLAN that the creator asks for. */
  wanted: number | null;
}

function checkRange(id: number, max: number): void {
  if (id < 1 || id > max) throw refuse(`segmentation_id out of range (1 through ${max})`);
}

function vxlan({ draft, env, networkId, physicalNetwork, wanted }: Request): SegmentAttributes {
  if (physicalNetwork !== null) throw refuse("provider:physical_network specified for vxlan network");
  if (wanted !== null) {
    checkRange(wanted, MAX_VNI);
    draft.claim(keys.vni(wanted), networkId, () => fault("TunnelIdInUse", { tunnel_id: wanted }));
    return segment("vxlan", null, wanted);
  }
  const used = env.memory.usedVnis();
  const vni = chooseNumber(...env.options.vniRange, {
    usedCount: used.size,
    isUsed: (candidate) => used.has(candidate) || draft.isTaken(keys.vni(candidate)),
    random: env.random,
  });
  if (vni === undefined) throw fault("NoNetworkAvailable");
  draft.claim(keys.vni(vni), networkId);
  return segment("vxlan", null, vni);
}

export function claimVlan(draft: Draft, networkId: Id, physicalNetwork: string, vlan: number): void {
  checkRange(vlan, MAX_VLAN);
  const refusal = () => fault("VlanIdInUse", { vlan_id: vlan, physical_network: physicalNetwork });
  draft.claim(keys.vlan(physicalNetwork, vlan), networkId, refusal);
}

function vlan(request: Request): SegmentAttributes {
  const { draft, networkId, physicalNetwork, wanted } = request;
  if (wanted === null) return chosenVlan(request);
  if (physicalNetwork === null) throw refuse("segmentation_id requires physical_network for VLAN provider network");
  claimVlan(draft, networkId, physicalNetwork, wanted);
  return segment("vlan", physicalNetwork, wanted);
}

function chosenVlan({ draft, env, networkId, physicalNetwork }: Request): SegmentAttributes {
  const { vlanRanges } = env.options;
  const names = physicalNetwork === null ? Object.keys(vlanRanges) : [physicalNetwork];
  for (const name of names) {
    const range = vlanRanges[name];
    if (range === undefined) {
      throw refuse(`physical_network '${name}' has no range of VLANs to choose from: give a provider:segmentation_id`);
    }
    const used = env.indexes.usedVlans(name);
    const id = chooseNumber(...range, {
      usedCount: used.size,
      isUsed: (candidate) => used.has(candidate) || draft.isTaken(keys.vlan(name, candidate)),
      random: env.random,
    });
    if (id === undefined) continue;
    draft.claim(keys.vlan(name, id), networkId);
    return segment("vlan", name, id);
  }
  throw fault("NoNetworkAvailable");
}

function flat({ draft, networkId, physicalNetwork, wanted }: Request): SegmentAttributes {
  if (physicalNetwork === null) throw refuse("physical_network required for flat provider network");
  if (wanted !== null) throw refuse("segmentation_id prohibited for flat provider network");
  draft.claim(keys.flat(physicalNetwork), networkId, () =>
    fault("FlatNetworkInUse", { physical_network: physicalNetwork }),
  );
  return segment("flat", physicalNetwork, null);
}

const TYPES: Record<NetworkType, (request: Request) => SegmentAttributes> = { vxlan, vlan, flat };

const isType = (name: string): name is NetworkType => Object.hasOwn(TYPES, name);

/** Claims the segment of a new network. */
export function newSegment(draft: Draft, env: Env, networkId: Id, body: Attributes): SegmentAttributes {
  const type = given(body, "provider:network_type", orNull(isText)) ?? null;
  const physicalNetwork = given(body, "provider:physical_network", orNull(isText)) ?? null;
  const wanted = given(body, "provider:segmentation_id", orNull(isWhole)) ?? null;
  if (type === null && (physicalNetwork !== null || wanted !== null)) throw refuse("network_type required");
  const name = type ?? env.options.defaultNetworkType;
  if (!isType(name)) throw refuse(`network_type value '${name}' not supported`);
  return TYPES[name]({ draft, env, networkId, physicalNetwork, wanted });
}

/** Gives a network's segment back. */
export function releaseSegment(draft: Draft, network: SegmentAttributes): void {
  const { "provider:physical_network": physicalNetwork, "provider:segmentation_id": id } = network;
  if (network["provider:network_type"] === "vxlan" && id !== null) draft.release(keys.vni(id));
  if (physicalNetwork === null) return;
  if (network["provider:network_type"] === "flat") draft.release(keys.flat(physicalNetwork));
  if (network["provider:network_type"] === "vlan" && id !== null) draft.release(keys.vlan(physicalNetwork, id));
}
