/**
 * Limits that pods' annotations name, as QoS policies of their ports: `kubernetes.io/ingress-bandwidth` and
 * `egress-bandwidth`, which without Cable the plugin `bandwidth` sees to (kubelet, pkg/util/bandwidth/utils.go).
 */
import type { NetworkingTypes } from "../../../api/mod.ts";
import type { Id } from "../../../model/mod.ts";
import { PodFailure } from "../failure.ts";
import { clusterTag } from "../groups/names.ts";
import type { Pod } from "../objects.ts";
import { type ClusterRequests, ignoring } from "../requests.ts";

const WAYS = ["ingress", "egress"] as const;
type Way = (typeof WAYS)[number];
/** In kbit/s. */
export type Limits = Partial<Record<Way, number>>;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
/** kubelet takes from 1k to 1P; a rule of ours holds 32 bits of kbit/s. */
const LEAST_BITS = 1e3;
const MOST_KBPS = 2 ** 31 - 1;

/** @throws PodFailure for what is no quantity, or out of bounds */
export function limitsOf({ metadata }: Pod): Limits {
  const limits: Limits = {};
  for (const way of WAYS) {
    const text = metadata.annotations?.[`kubernetes.io/${way}-bandwidth`];
    if (text === undefined) continue;
    const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([kMGTP]|[KMGTP]i)?$/.exec(text) ?? [];
    const bits = Number(number) * (UNITS[unit] ?? Number.NaN);
    if (!(bits >= LEAST_BITS && bits <= 1e15))
      throw new PodFailure(
        "BandwidthInvalid",
        `kubernetes.io/${way}-bandwidth "${text}" is no number of bits from 1k to 1P`,
      );
    limits[way] = Math.min(Math.round(bits / 1000), MOST_KBPS);
  }
  return limits;
}

/** One policy for each pair of limits that some pod has. */
export class BandwidthPolicies {
  readonly #parts: ClusterRequests;
  readonly #known = new Map<string, Id>();

  constructor(parts: ClusterRequests) {
    this.#parts = parts;
  }

  /** What was made before; a policy that no port has goes, and one that is not whole is made anew. @throws Fault */
  async load(): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const rows = await networking.list(caller, "qos_policy", { project_id: [caller.projectId] });
    this.#known.clear();
    for (const policy of rows.filter(({ tags }) => tags.includes(clusterTag(cluster)))) {
      const removal = networking.delete(caller, "qos_policy", policy.id);
      if (!(await ignoring("QosPolicyInUse", removal))) this.#known.set(await this.#completed(policy), policy.id);
    }
  }

  async #completed({ id, name, rules }: NetworkingTypes["qos_policy"]): Promise<string> {
    const limits = limitsIn(name);
    const missing = WAYS.filter(
      (way) => limits[way] !== undefined && !rules.some((rule) => "direction" in rule && rule.direction === way),
    );
    await this.#addRules(id, missing, limits);
    return name;
  }

  async #addRules(id: Id, ways: readonly Way[], limits: Limits): Promise<void> {
    const { networking, caller } = this.#parts;
    for (const direction of ways) {
      const rule = { qos_policy_id: id, max_kbps: limits[direction], direction };
      await networking.create(caller, "bandwidth_limit_rule", [rule]);
    }
  }

  /** Undefined where nothing is limited. @throws Fault */
  async idOf(limits: Limits): Promise<Id | undefined> {
    const ways = WAYS.filter((way) => limits[way] !== undefined);
    if (ways.length === 0) return undefined;
    const { networking, caller, cluster } = this.#parts;
    const name = `${cluster}/${ways.map((way) => `${way}-${limits[way]}k`).join("-")}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const body = { project_id: caller.projectId, name, tags: [clusterTag(cluster)] };
    const [policy] = await networking.create(caller, "qos_policy", [body]);
    const { id } = policy as { id: Id };
    await this.#addRules(id, ways, limits);
    this.#known.set(name, id);
    return id;
  }
}

/** Back from the name of a policy. */
function limitsIn(name: string): Limits {
  const limits: Limits = {};
  for (const way of WAYS) {
    const [, kbps] = new RegExp(`\\b${way}-(\\d+)k`).exec(name) ?? [];
    if (kbps !== undefined) limits[way] = Number(kbps);
  }
  return limits;
}
