/** From QoS policies to what they make of packets, and who has which. */
import type {
  FloatingIpRecord,
  Id,
  NetworkRecord,
  PortRecord,
  QosRule,
  RouterGateway,
  RouterRecord,
  ViewLimits,
  ViewQos,
} from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { SetIndex } from "../set-index.ts";

/** What may have passed at once where a rule does not say it (neutron_lib services/qos DEFAULT_BURST_RATE). */
const DEFAULT_BURST = 0.8;

const rate = (max: number, burst: number) => ({ max, burst: burst || Math.ceil(max * DEFAULT_BURST) });

/** What one rule adds in a direction. 0 is no limit, as Open vSwitch has it. */
function limitOf(rule: QosRule): ViewLimits {
  if (rule.type === "bandwidth_limit" && rule.max_kbps > 0) return { kbps: rate(rule.max_kbps, rule.max_burst_kbps) };
  if (rule.type === "packet_rate_limit" && rule.max_kpps > 0) return { kpps: rate(rule.max_kpps, rule.max_burst_kpps) };
  return {};
}

/** Guarantees are not in it: what they promise is Placement's to give. Undefined where nothing is left. */
function viewQos(rules: readonly QosRule[]): ViewQos | undefined {
  const limits = (direction: string): ViewLimits | undefined => {
    const all = rules.filter((rule) => "direction" in rule && rule.direction === direction).map(limitOf);
    const merged: ViewLimits = Object.assign({}, ...all);
    return Object.keys(merged).length === 0 ? undefined : merged;
  };
  const [egress, ingress] = [limits("egress"), limits("ingress")];
  const mark = rules.find((rule) => rule.type === "dscp_marking");
  if (egress === undefined && ingress === undefined && mark === undefined) return undefined;
  return { ...(egress && { egress }), ...(ingress && { ingress }), ...(mark && { dscp: mark.dscp_mark }) };
}

/** What a policy makes of packets; undefined for none, and for one that is not there. */
export function qosOf(memory: Memory, policy: Id | null | undefined): ViewQos | undefined {
  const record = policy ? memory.get("qos_policy", policy)?.record : undefined;
  return record && viewQos(record.rules);
}

/** A network's own devices: what it lays on its users' ports is not for them. */
const ofNetwork = ({ device_owner }: PortRecord) => /^(network|neutron):/.test(device_owner);

/** Of the port's policy, else of its network's (neutron/objects/qos/rule.py should_apply_to_port). */
export function qosOfPort(memory: Memory, port: PortRecord): ViewQos | undefined {
  const own = port.qos_policy_id;
  if (own || ofNetwork(port)) return qosOf(memory, own);
  return qosOf(memory, memory.get("network", port.network_id)?.record.qos_policy_id);
}

/** Of its own policy, else of the external network's. What applies to an address are limits alone. */
function limitsOf(memory: Memory, own: Id | null | undefined, network: Id): Omit<ViewQos, "dscp"> | undefined {
  const { dscp: _, ...limits } = qosOf(memory, own || memory.get("network", network)?.record.qos_policy_id) ?? {};
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/** Neutron counts a router's gateway among who its network's policy is for (rule.py, as above). */
export const qosOfGateway = (memory: Memory, gateway: RouterGateway) =>
  limitsOf(memory, gateway.qos_policy_id, gateway.network_id);

/** `qos_network_policy_id` of a floating IP is what its network says (extensions qos-fip-network-policy). */
export const qosOfFloating = (memory: Memory, floating: FloatingIpRecord, networkId: Id) =>
  limitsOf(memory, floating.qos_policy_id, networkId);

type User =
  | { kind: "port"; record: PortRecord }
  | { kind: "network"; record: NetworkRecord }
  | { kind: "router"; record: RouterRecord }
  | { kind: "floatingip"; record: FloatingIpRecord };

export const QOS_USERS = ["port", "network", "router", "floatingip"] as const;

function policyOf({ kind, record }: User): Id | null | undefined {
  return kind === "router" ? record.gateways[0]?.qos_policy_id : record.qos_policy_id;
}

/** The users of each policy. */
export class QosUsers {
  readonly #users = {
    port: new SetIndex<Id>(),
    network: new SetIndex<Id>(),
    router: new SetIndex<Id>(),
    floatingip: new SetIndex<Id>(),
  };

  /** Takes in a user's change; whether it has another policy now. */
  change(kind: User["kind"], id: Id, before: User["record"] | undefined, after: User["record"] | undefined): boolean {
    const [was, is] = [before, after].map((record) => record && policyOf({ kind, record } as User));
    if (was === is) return false;
    if (was) this.#users[kind].remove(was, id);
    if (is) this.#users[kind].add(is, id);
    return true;
  }

  of(policy: Id, kind: User["kind"]): ReadonlySet<Id> {
    return this.#users[kind].of(policy);
  }
}
