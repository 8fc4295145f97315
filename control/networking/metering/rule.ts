/** Rules of metering labels (neutron/services/metering/metering_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type MeteringLabelRuleRecord, prefixesOverlap } from "../../../model/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, isFlag, isText, oneOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { ResourcePlan } from "../plan.ts";
import { isElevated } from "../sharing.ts";
import { newStandard } from "../standard.ts";
import { labelNotFound, RULES, RULES_OF_LABEL, seesLabel } from "./label.ts";
import { type LabelPrefix, parseLabelPrefix } from "./prefix.ts";

type Rule = MeteringLabelRuleRecord;

const PREFIXES = ["remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix"] as const;
type PrefixName = (typeof PREFIXES)[number];

const invalid = (msg: string) => fault("Invalid", { msg });

/** An empty value is none. @throws Fault Invalid */
function readPrefix(body: Attributes, name: PrefixName): LabelPrefix | undefined {
  const given = body[name];
  if (!given) return undefined;
  const parsed = typeof given === "string" ? parseLabelPrefix(given) : undefined;
  if (parsed !== undefined) return parsed;
  const text = typeof given === "string" ? given : JSON.stringify(given);
  throw invalid(`${name}: ${text} is invalid ['${text}' does not appear to be an IPv4 or IPv6 interface].`);
}

/** The prefixes of a new rule: a remote one, or a source, a destination or both (validate_metering_label_rule). */
function readPrefixes(body: Attributes): Record<PrefixName, LabelPrefix | undefined> {
  const [remote, source, destination] = PREFIXES.map((name) => readPrefix(body, name));
  if (remote && (source || destination)) {
    throw invalid("Cannot use 'remote-ip-prefix' in conjunction with 'source-ip-prefix' or 'destination-ip-prefix'.");
  }
  if (!remote && !source && !destination) {
    const msg =
      "You must define at least one of the following parameters 'remote_ip_prefix', or 'source_ip_prefix' or " +
      "'destination_ip_prefix'.";
    throw invalid(msg);
  }
  return { remote_ip_prefix: remote, source_ip_prefix: source, destination_ip_prefix: destination };
}

/** Only remote prefixes are compared, and only within a label's rules of one direction (check_for_rule_overlaps). */
function overlaps(draft: Draft, rule: Pick<Rule, "metering_label_id" | "direction" | "excluded">, remote: LabelPrefix) {
  for (const other of draft.select(RULES_OF_LABEL, rule.metering_label_id)) {
    if (other.direction !== rule.direction || other.excluded !== rule.excluded || !other.remote_ip_prefix) continue;
    const prefix = parseLabelPrefix(other.remote_ip_prefix)?.prefix;
    if (prefix && prefixesOverlap(prefix, remote.prefix)) return true;
  }
  return false;
}

function createRule(env: Env, draft: Draft, caller: Caller, body: Attributes): Rule {
  const prefixes = readPrefixes(body);
  const what = {
    metering_label_id: attribute(body, "metering_label_id", isText, ""),
    direction: attribute(body, "direction", oneOf("ingress", "egress"), "ingress"),
    excluded: attribute(body, "excluded", isFlag, false),
  };
  const label = draft.get("metering_label", what.metering_label_id);
  if (label === undefined || !seesLabel(caller, label)) throw labelNotFound(what.metering_label_id);
  if (prefixes.remote_ip_prefix) {
    if (overlaps(draft, what, prefixes.remote_ip_prefix)) {
      throw fault("MeteringLabelRuleOverlaps", { remote_ip_prefix: String(body.remote_ip_prefix) });
    }
    // Rules that others make meanwhile count too.
    draft.sameUsers("metering_label", label.id);
  }
  draft.use("metering_label", label.id, RULES);
  const record: Rule = {
    ...newStandard(env, projectOf(caller, body), {}),
    ...what,
    remote_ip_prefix: prefixes.remote_ip_prefix?.text ?? null,
    source_ip_prefix: prefixes.source_ip_prefix?.text ?? null,
    destination_ip_prefix: prefixes.destination_ip_prefix?.text ?? null,
  };
  draft.create("metering_label_rule", record.id, record);
  return record;
}

export function labelRulePlan(env: Env): ResourcePlan<"metering_label_rule"> {
  return {
    create: (draft, caller, body) => createRule(env, draft, caller, body),
    sees: (caller, rule) => isElevated(caller) || rule.project_id === caller.projectId,
    notFound: (rule_id) => fault("MeteringLabelRuleNotFound", { rule_id }),
    indexes: { metering_label_id: RULES_OF_LABEL },
    remove(draft, _caller, current) {
      draft.remove("metering_label_rule", current.id);
      return "done";
    },
  };
}
