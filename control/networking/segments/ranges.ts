/** Ranges of segments (neutron/services/network_segment_range/plugin.py): the control node's own ones are shown, not kept. */
import { createHash } from "node:crypto";
import type { Attributes, Caller, DerivedRow, NetworkingTypes } from "../../../api/mod.ts";
import { fault, type Id, type NetworkSegmentRangeRecord, type NetworkType } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { attribute, given, isFlag, isText, isWhole } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { BY_PLACE, isUsed, ownPools, type Pool, placeOf, RANGES } from "./pools.ts";
import { TYPES } from "./types.ts";

type Range = NetworkSegmentRangeRecord;

const TYPES_WITH_RANGES: readonly NetworkType[] = ["vlan", "vxlan"];

/** Neutron lists every free number; of a range of millions that is a list that nobody can use. */
const MAX_AVAILABLE = 10_000;

/** The same on every control node with the same flags. */
function defaultId(type: NetworkType, { physicalNetwork, minimum, maximum }: Pool): Id {
  const text = `segment-range ${placeOf(type, physicalNetwork)} ${minimum}:${maximum}`;
  const hex = createHash("sha1").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function defaultRanges(env: Env): Range[] {
  return TYPES_WITH_RANGES.flatMap((type) =>
    [...ownPools(env, type)].map((pool) => ({
      ...newStandard(env, "", {}),
      id: defaultId(type, pool),
      created_at: env.startedAt,
      updated_at: env.startedAt,
      revision_number: 0,
      default: true,
      shared: true,
      network_type: type,
      physical_network: pool.physicalNetwork,
      minimum: pool.minimum,
      maximum: pool.maximum,
    })),
  );
}

/** By number, the project whose network has it. */
function usedIn(env: Env, reader: Reader, { network_type, physical_network, minimum, maximum }: Range) {
  const used = new Map<number, string>();
  for (const { segmentation_id: id, network_id } of reader.select(BY_PLACE, placeOf(network_type, physical_network))) {
    if (id === null || id < minimum || id > maximum) continue;
    used.set(id, env.memory.get("network", network_id)?.record.project_id ?? "");
  }
  return used;
}

function available(env: Env, { network_type, physical_network, minimum, maximum }: Range): number[] {
  const free: number[] = [];
  for (let id = minimum; id <= maximum && free.length < MAX_AVAILABLE; id++) {
    if (!isUsed(env, network_type, physical_network, id)) free.push(id);
  }
  return free;
}

function shown(env: Env, reader: Reader, range: Range): NetworkingTypes["network_segment_range"] {
  const row: DerivedRow = {
    ...range,
    project_id: range.shared ? null : range.project_id,
    used: Object.fromEntries(usedIn(env, reader, range)),
    available: available(env, range),
  };
  return row as unknown as NetworkingTypes["network_segment_range"];
}

/** neutron_lib/plugins/utils.py verify_vlan_range, verify_tunnel_range. */
function checkLimits({ network_type: type, minimum, maximum }: Range): void {
  const { maxId } = TYPES[type];
  const wrong = [minimum, maximum].find((id) => id < 1 || id > maxId);
  const isVlan = type === "vlan";
  const range = `${minimum}:${maximum}`;
  const refuse = (error: string) =>
    isVlan
      ? fault("NetworkVlanRangeError", { vlan_range: range, error })
      : fault("NetworkTunnelRangeError", { tunnel_range: range, error });
  if (wrong !== undefined) throw refuse(`${wrong} is not a valid ${isVlan ? "VLAN tag" : `${type} identifier`}`);
  if (minimum > maximum)
    throw refuse(
      `End of ${isVlan ? "VLAN" : "tunnel"} range is less than start of ${isVlan ? "VLAN" : "tunnel"} range`,
    );
}

/** Ranges that others make at the same time would be new under the prefix. */
function checkOverlap(draft: Draft, range: Range): void {
  draft.quietUnder(keys.records("network_segment_range"));
  const overlapping = draft
    .select(RANGES, range.network_type)
    .filter(
      (other) =>
        other.id !== range.id &&
        other.physical_network === range.physical_network &&
        range.minimum <= other.maximum &&
        range.maximum >= other.minimum,
    );
  if (overlapping.length === 0) return;
  throw fault("NetworkSegmentRangeOverlaps", { range_id: overlapping.map(({ id }) => id).join(", ") });
}

function readRange(env: Env, caller: Caller, body: Attributes): Range {
  const type = attribute(body, "network_type", isText, "");
  if (!TYPES_WITH_RANGES.some((name) => name === type)) {
    throw fault("NetworkSegmentRangeNetTypeNotSupported", { type });
  }
  const isShared = attribute(body, "shared", isFlag, true);
  const project = given(body, "project_id", isText) ?? caller.projectId;
  return {
    ...newStandard(env, isShared ? "" : project, body),
    revision_number: 0,
    default: false,
    shared: isShared,
    network_type: type as NetworkType,
    physical_network: type === "vlan" ? (given(body, "physical_network", isText) ?? null) : null,
    minimum: attribute(body, "minimum", isWhole, 0),
    maximum: attribute(body, "maximum", isWhole, 0),
  };
}

function createRange(env: Env, draft: Draft, caller: Caller, body: Attributes): Range {
  const record = readRange(env, caller, body);
  checkLimits(record);
  if (record.network_type === "vlan" && record.physical_network === null) {
    const msg = "Network type vlan requires 'physical_network' to be specified while creating new range";
    throw fault("BadRequest", { resource: "network_segment_range", msg });
  }
  checkOverlap(draft, record);
  draft.create("network_segment_range", record.id, record);
  return record;
}

function checkWritable({ id, default: isDefault }: Range): void {
  if (isDefault) throw fault("NetworkSegmentRangeDefaultReadOnly", { range_id: id });
}

/** The numbers in use; networks made meanwhile would be new under the prefix. */
function dependOnUse(env: Env, draft: Draft, range: Range): number[] {
  const { network_type: type, physical_network: name } = range;
  draft.quietUnder(type === "vlan" && name !== null ? keys.vlansOf(name) : keys.vnis);
  return [...usedIn(env, draft, range).keys()];
}

/** Neutron's own comparison: with numbers in use, the range may only grow beyond the first or the last of them. */
function isImpacted(used: readonly number[], { minimum, maximum }: Range): boolean {
  return used.length > 0 && (minimum >= Math.min(...used) || maximum <= Math.max(...used));
}

function updateRange(env: Env, draft: Draft, current: Range, changes: Attributes): Range {
  checkWritable(current);
  const record: Range = {
    ...current,
    ...standardChanges(current, changes),
    minimum: attribute(changes, "minimum", isWhole, current.minimum),
    maximum: attribute(changes, "maximum", isWhole, current.maximum),
  };
  if (isImpacted(dependOnUse(env, draft, current), record)) {
    throw fault("NetworkSegmentRangeReferencedByProject", { range_id: current.id });
  }
  checkLimits(record);
  checkOverlap(draft, record);
  const after = revised(env, current, record);
  if (after !== current) draft.replace("network_segment_range", current.id, after);
  return after;
}

function removeRange(env: Env, draft: Draft, current: Range): Removal {
  checkWritable(current);
  if (dependOnUse(env, draft, current).length > 0) {
    throw fault("NetworkSegmentRangeReferencedByProject", { range_id: current.id });
  }
  draft.remove("network_segment_range", current.id);
  return "done";
}

export function segmentRangePlan(env: Env): ResourcePlan<"network_segment_range"> {
  const defaults = defaultRanges(env);
  const own = (id: Id) => defaults.find((range) => range.id === id);
  return {
    // Of interest to administrators only: the policy alone decides.
    sees: () => true,
    notFound: (id) => fault("NetworkSegmentRangeNotFound", { range_id: id }),
    show: (range, _caller, reader) => shown(env, reader, range),
    create: (draft, caller, body) => createRange(env, draft, caller, body),
    update: (draft, _caller, current, changes) => updateRange(env, draft, current, changes),
    remove: (draft, _caller, current) => removeRange(env, draft, current),
    derived: {
      get: (reader, id) => own(id) ?? reader.get("network_segment_range", id),
      list: function* () {
        yield* defaults;
        for (const { record } of env.memory.all("network_segment_range")) yield record;
      },
    },
  };
}
