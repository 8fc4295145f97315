/** Segments as a resource of their own (neutron/services/segments/db.py, plugin.py). */
import type { Attributes } from "../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type SegmentRecord } from "../../model/mod.ts";
import { attribute, given, isText, isWhole, orNull } from "./attributes.ts";
import { isUnplugged, segmentsOnHost } from "./binding.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { index } from "./indexes.ts";
import { maxMtuOf } from "./mtu.ts";
import { AUTO_DELETE_OWNERS } from "./network.ts";
import type { Removal, ResourcePlan } from "./plan.ts";
import {
  BY_NETWORK,
  checkOnePerPlace,
  checkWish,
  newSegmentRecord,
  refuse,
  releaseSegment,
  reserve,
  segmentsInNetwork,
  segmentsOf,
} from "./segments/mod.ts";
import { revised, touched } from "./standard.ts";

export const SUBNETS_OF_SEGMENT = index("subnet", ({ segment_id }) => [segment_id]);

/** The network after a change of its segments: its provider attributes, and the MTU that they all allow. */
function reviseNetwork(env: Env, draft: Draft, network: NetworkRecord): void {
  const { other_segments: _, ...rest } = network;
  const segments = segmentsInNetwork(segmentsOf(draft, network.id));
  draft.replace("network", network.id, touched(env, { ...rest, ...segments }));
}

function createSegment(env: Env, draft: Draft, body: Attributes): SegmentRecord {
  const networkId = attribute(body, "network_id", isText, "");
  const network = draft.get("network", networkId);
  if (network === undefined) throw fault("NetworkNotFound", { net_id: networkId });
  const request = { env, draft, networkId, projectId: "" };
  const wish = {
    network_type: attribute(body, "network_type", isText, ""),
    physical_network: given(body, "physical_network", orNull(isText)) ?? null,
    segmentation_id: given(body, "segmentation_id", orNull(isWhole)) ?? null,
  };
  const before = segmentsOf(draft, networkId);
  checkOnePerPlace(networkId, [...before, checkWish(request, wish)]);
  const segment = reserve(request, wish);
  const max = maxMtuOf(env, segment.network_type);
  if (network.mtu > max) throw refuse(`Requested MTU is too big, maximum is ${max}`);
  const place = (before.at(-1)?.index ?? -1) + 1;
  const record: SegmentRecord = {
    ...newSegmentRecord(env, network, place, segment),
    name: given(body, "name", orNull(isText)) ?? null,
    description: given(body, "description", isText) ?? null,
    revision_number: 1,
  };
  draft.create("segment", record.id, record);
  reviseNetwork(env, draft, network);
  return record;
}

function updateSegment(env: Env, draft: Draft, current: SegmentRecord, changes: Attributes): SegmentRecord {
  const name = given(changes, "name", orNull(isText));
  const after = revised(env, current, {
    ...current,
    name: name === undefined ? current.name : name,
    description: given(changes, "description", isText) ?? current.description,
  });
  if (after !== current) draft.replace("segment", current.id, after);
  return after;
}

/** plugins/ml2/db.py _prevent_segment_delete_with_port_bound. Ports are bound on a host's first segment of the network. */
function checkUnbound(draft: Draft, segment: SegmentRecord): void {
  let count = 0;
  let isInUse = false;
  for (const id of draft.memory.portsOfNetwork(segment.network_id)) {
    const port = draft.get("port", id);
    if (port === undefined || isUnplugged(port)) continue;
    const [used] = segmentsOnHost(draft, segment.network_id, port["binding:host_id"]);
    if (used?.id !== segment.id) continue;
    count += 1;
    isInUse ||= !AUTO_DELETE_OWNERS.has(port.device_owner);
  }
  if (!isInUse) return;
  const reason = `The segment is still bound with ${count} port(s)`;
  throw fault("SegmentInUse", { segment_id: segment.id, reason });
}

/** Who binds a port or gives a subnet a segment rests on the network's record, which this rewrites. */
function removeSegment(env: Env, draft: Draft, current: SegmentRecord): Removal {
  const subnets = draft.select(SUBNETS_OF_SEGMENT, current.id).map(({ id }) => id);
  if (subnets.length > 0) {
    const reason = `The segment is still associated with subnet(s) ${subnets.join(", ")}`;
    throw fault("SegmentInUse", { segment_id: current.id, reason });
  }
  checkUnbound(draft, current);
  releaseSegment(draft, current);
  draft.remove("segment", current.id);
  const network = draft.get("network", current.network_id);
  if (network !== undefined) reviseNetwork(env, draft, network);
  return "done";
}

export function segmentPlan(env: Env): ResourcePlan<"segment"> {
  return {
    // They belong to no project: the policy alone decides.
    sees: () => true,
    notFound: (id: Id) => fault("SegmentNotFound", { segment_id: id }),
    indexes: { network_id: BY_NETWORK },
    create: (draft, _caller, body) => createSegment(env, draft, body),
    update: (draft, _caller, current, changes) => updateSegment(env, draft, current, changes),
    remove: (draft, _caller, current) => removeSegment(env, draft, current),
  };
}
