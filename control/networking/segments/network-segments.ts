/**
 * The segments of a network: asked for by its creator as provider attributes or as a list, or chosen (ml2/managers.py).
 * A network's provider attributes are those of its first segment; every change of its segments rewrites the network's
 * record, so that who rests on that record rests on its segments too.
 */
import type { Attributes } from "../../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type SegmentRecord } from "../../../model/mod.ts";
import { given, isObject, isText, isWhole, listOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";
import { newStandard } from "../standard.ts";
import {
  checkWish,
  chooseSegment,
  claimSegment,
  isPartial,
  type Request,
  refuse,
  releaseSegment,
  reserve,
  type Segment,
  type Wish,
} from "./types.ts";

export const PROVIDER = [
  "provider:network_type",
  "provider:physical_network",
  "provider:segmentation_id",
] as const satisfies (keyof NetworkRecord)[];

export type Provider = Pick<NetworkRecord, (typeof PROVIDER)[number]>;

export const BY_NETWORK = index("segment", ({ network_id }) => [network_id]);

/** In their order. */
export function segmentsOf(reader: Reader, networkId: Id): SegmentRecord[] {
  return reader.select(BY_NETWORK, networkId).sort((a, b) => a.index - b.index);
}

export const providerOf = (segment: Segment | undefined): Provider => ({
  "provider:network_type": segment?.network_type ?? null,
  "provider:physical_network": segment?.physical_network ?? null,
  "provider:segmentation_id": segment?.segmentation_id ?? null,
});

function readWish(body: Attributes): Wish {
  const type = given(body, "provider:network_type", orNull(isText));
  if (!type) throw refuse("network_type required");
  return {
    network_type: type,
    physical_network: given(body, "provider:physical_network", orNull(isText)) ?? null,
    segmentation_id: given(body, "provider:segmentation_id", orNull(isWhole)) ?? null,
  };
}

/** @throws Fault SegmentsContainDuplicateEntry */
function checkDistinct(segments: readonly Segment[]): void {
  const full = segments.filter((segment) => !isPartial(segment));
  const texts = full.map((segment) => JSON.stringify(Object.values(segment)));
  if (new Set(texts).size < texts.length) throw fault("SegmentsContainDuplicateEntry");
}

/** What a new network asks for; empty: nothing. */
function readWishes(request: Request, body: Attributes): Segment[] {
  const list = given(body, "segments", orNull(listOf(isObject))) ?? [];
  const hasProvider = PROVIDER.some((name) => body[name] !== undefined && body[name] !== null);
  if (hasProvider && list.length > 0) throw fault("SegmentsSetInConjunctionWithProviders");
  const wishes = (hasProvider ? [body] : list).map((entry) => checkWish(request, readWish(entry)));
  checkDistinct(wishes);
  return wishes;
}

function chooseAny(request: Request): Segment {
  for (const type of request.env.options.projectNetworkTypes) {
    const found = chooseSegment(request, type);
    if (found !== undefined) return found;
  }
  throw fault("NoNetworkAvailable");
}

/** A network has one segment of a type and physical network (its table's unique constraint in Neutron's database). */
export function checkOnePerPlace(networkId: Id, segments: readonly Segment[]): void {
  const places = new Set<string>();
  for (const { network_type, physical_network } of segments) {
    if (physical_network === null) continue;
    const place = `${networkId}-${network_type}-${physical_network}`;
    if (places.has(place)) {
      const attributes = "['network_id', 'network_type', 'physical_network']";
      throw fault("NeutronDbObjectDuplicateEntry", { object_type: "NetworkSegment", attributes, values: place });
    }
    places.add(place);
  }
}

export function newSegmentRecord(
  env: Env,
  { id, project_id }: Pick<NetworkRecord, "id" | "project_id">,
  index: number,
  segment: Segment,
): SegmentRecord {
  const standard = newStandard(env, project_id, {});
  return { ...standard, name: null, description: null, revision_number: 0, network_id: id, index, ...segment };
}

/** Stages the segments of a new network. */
export function newSegments(
  draft: Draft,
  env: Env,
  network: Pick<NetworkRecord, "id" | "project_id">,
  body: Attributes,
): SegmentRecord[] {
  const request: Request = { env, draft, networkId: network.id, projectId: network.project_id };
  const wishes = readWishes(request, body);
  checkOnePerPlace(network.id, wishes);
  // Those that are named come first, so that no free choice falls on one.
  const order = [...wishes.entries()].sort(([, a], [, b]) => Number(isPartial(a)) - Number(isPartial(b)));
  const segments: Segment[] = [];
  for (const [place, wish] of order) segments[place] = reserve(request, wish);
  if (segments.length === 0) segments.push(chooseAny(request));
  const records = segments.map((segment, place) => newSegmentRecord(env, network, place, segment));
  for (const record of records) draft.create("segment", record.id, record);
  return records;
}

/** Stages the end of all segments of a network that goes. */
export function removeSegments(draft: Draft, network: NetworkRecord): void {
  for (const segment of segmentsOf(draft, network.id)) {
    releaseSegment(draft, segment);
    draft.remove("segment", segment.id);
  }
}

/** A VLAN network with one segment gets another VLAN (update_network_segment). */
export function moveVlan(env: Env, draft: Draft, network: NetworkRecord, vlan: number): Provider {
  const [segment] = segmentsOf(draft, network.id);
  if (segment?.network_type !== "vlan") throw refuse("Only VLAN type networks can be updated.");
  const request: Request = { env, draft, networkId: network.id, projectId: network.project_id };
  const wanted = checkWish(request, { ...segment, segmentation_id: vlan });
  releaseSegment(draft, segment);
  claimSegment(request, wanted);
  const updated = { ...segment, ...wanted, updated_at: env.now(), revision_number: segment.revision_number + 1 };
  draft.replace("segment", segment.id, updated);
  return providerOf(wanted);
}

/** What a network's record says of its segments. */
export function segmentsInNetwork([first, ...others]: readonly Segment[]): Provider &
  Pick<NetworkRecord, "other_segments"> {
  if (others.length === 0) return providerOf(first);
  const parts = others.map(({ network_type, physical_network, segmentation_id }) => ({
    network_type,
    physical_network,
    segmentation_id,
  }));
  return { ...providerOf(first), other_segments: parts };
}

/** As a network shows them: the provider attributes of the only one, or all in a list. */
export function shownSegments(network: NetworkRecord): object | undefined {
  const { other_segments: others } = network;
  if (others === undefined) return undefined;
  const none = Object.fromEntries(PROVIDER.map((name) => [name, undefined]));
  const first = Object.fromEntries(PROVIDER.map((name) => [name, network[name]]));
  return { ...none, other_segments: undefined, segments: [first, ...others.map(providerOf)] };
}
