/**
 * No request takes a project over its limit, whatever other control nodes do meanwhile, and none waits for another.
 *
 * Every creation writes one key of its project and resource, without looking at it. The store counts these writes, and
 * memory has this count as of the same revision as the resources themselves. So a creation demands of the store that
 * since then there were no more creations than there is room for; it fails and is planned anew only where the limit is
 * as near as that. Creations of many at a time have a key of their own, since one of them counts for more. Without a
 * limit nothing is counted: a creation then rests on the project's limits, and is planned anew when they change.
 */
import { type Attributes, type Caller, isQuotaResource, type QuotaResource } from "../../../api/mod.ts";
import { fault } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { dependOnLimits, limitOf, usageOf } from "./limits.ts";

/** The keys of creations of one, and those for more. `upTo` is what one write of the key stands for at most. */
const SINGLES = ["one", "one1", "one2", "one3"].map((name) => ({ name, upTo: 1 }));
const SIZES = [...SINGLES, { name: "some", upTo: 128 }, { name: "many", upTo: Number.POSITIVE_INFINITY }];
type Size = (typeof SIZES)[number];

let turn = 0;

/** The key for a creation of so many. Single ones take turns, so that the store can take those of one project together. */
function sizeOf(count: number): Size {
  if (count <= 1) return SINGLES[turn++ % SINGLES.length] as Size;
  return SIZES.find(({ upTo }) => count <= upTo) as Size;
}

/**
 * How many more creations there is room for by each key: half of it for one's own size, the rest for single ones; of
 * those, most by the key that this one takes.
 */
function room(headroom: number, own: Size): ReadonlyMap<Size, number> {
  const times = own.upTo === 1 ? 0 : Math.floor(headroom / 2 / own.upTo);
  const left = headroom - (times === 0 ? 0 : times * own.upTo);
  const share = Math.floor(left / SINGLES.length);
  const rest = left - share * SINGLES.length;
  const most = own.upTo === 1 ? own : SINGLES[0];
  const singles = SINGLES.map((size): [Size, number] => [size, share + (size === most ? rest : 0)]);
  return new Map(own.upTo === 1 ? singles : [...singles, [own, times]]);
}

function reserve(draft: Draft, projectId: string, resource: QuotaResource, count: number, headroom: number): void {
  const own = sizeOf(count);
  const times = room(headroom, own);
  const idOf = ({ name }: Size) => `${projectId}:${resource}:${name}`;
  for (const size of SIZES) draft.markedAtMost("quota_count", idOf(size), times.get(size) ?? 0);
  draft.mark("quota_count", idOf(own), { id: idOf(own) });
}

/** What the creation of `bodies` takes of the limits of their projects. @throws Fault OverQuota */
export function enforceQuota(
  env: Env,
  draft: Draft,
  caller: Caller,
  kind: string,
  bodies: readonly Attributes[],
): void {
  if (!isQuotaResource(kind)) return;
  const counts = new Map<string, number>();
  for (const body of bodies) {
    const projectId = String(body.project_id ?? body.tenant_id ?? caller.projectId);
    counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
  }
  for (const [projectId, count] of counts) {
    dependOnLimits(draft, projectId);
    const limit = limitOf(env, draft, projectId, kind);
    if (limit < 0) continue;
    const headroom = limit - usageOf(env, projectId, kind) - count;
    if (headroom < 0) throw fault("OverQuota", { overs: `['${kind}']` });
    reserve(draft, projectId, kind, count, headroom);
  }
}
