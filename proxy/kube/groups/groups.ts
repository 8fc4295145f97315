/** A cluster's security groups: made equal to what its policies are compiled to. */
import type { Attributes, NetworkingTypes } from "../../../api/mod.ts";
import type { Id } from "../../../model/mod.ts";
import { ruleText, type WantedGroup, type WantedRule } from "../policy/mod.ts";
import { type ClusterRequests, chunks, ignoring } from "../requests.ts";
import { clusterTag, groupName } from "./names.ts";

type Group = NetworkingTypes["security_group"];
type Rule = NetworkingTypes["security_group_rule"];

interface Known {
  id: Id;
  /** By their text, their ids. */
  rules: Map<string, Id>;
}

export class Groups {
  readonly #parts: ClusterRequests;
  readonly #known = new Map<string, Known>();

  constructor(parts: ClusterRequests) {
    this.#parts = parts;
  }

  /** What an earlier run, or another control node, has made. */
  async load(): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const rows = await networking.list(caller, "security_group", { project_id: [caller.projectId] });
    const own = rows.filter(({ tags }) => tags.includes(clusterTag(cluster)));
    const names = new Map(own.map(({ id, name }) => [id, name]));
    this.#known.clear();
    for (const group of own) this.#known.set(group.name, { id: group.id, rules: this.#rulesOf(group, names) });
  }

  #rulesOf(group: Group, names: ReadonlyMap<Id, string>): Map<string, Id> {
    return new Map(group.security_group_rules.map((rule) => [textOf(rule, names), rule.id]));
  }

  /** The ids of groups by their keys; of those only that are there. */
  idsOf(keys: readonly string[]): Id[] {
    return keys.flatMap((key) => this.#known.get(groupName(this.#parts.cluster, key))?.id ?? []);
  }

  /** Brings about what is wanted; what is not stays until {@link prune}, since ports may still have it. @throws Fault */
  async ensure(wanted: ReadonlyMap<string, WantedGroup>): Promise<void> {
    await this.#create([...wanted.values()].filter(({ key }) => !this.#known.has(this.#name(key))));
    for (const group of wanted.values()) await this.#correct(group);
  }

  #name(key: string): string {
    return groupName(this.#parts.cluster, key);
  }

  async #create(groups: readonly WantedGroup[]): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    for (const part of chunks(groups)) {
      const bodies = part.map(({ key, description }) => ({
        project_id: caller.projectId,
        name: this.#name(key),
        description: description.slice(0, 255),
        tags: [clusterTag(cluster)],
      }));
      for (const group of await networking.create(caller, "security_group", bodies)) {
        this.#known.set(group.name, { id: group.id, rules: this.#rulesOf(group, new Map()) });
      }
    }
  }

  /** First what lets pass, then what no longer does: a rule that changes breaks no connection that both let pass. */
  async #correct({ key, rules }: WantedGroup): Promise<void> {
    const { networking, caller } = this.#parts;
    const known = this.#known.get(this.#name(key)) as Known;
    const wanted = new Map(rules.map((rule) => [ruleText(this.#named(rule)), rule]));
    const missing = [...wanted].filter(([text]) => !known.rules.has(text));
    for (const part of chunks(missing)) {
      const bodies = part.map(([, rule]) => this.#body(known.id, rule));
      const made = await networking.create(caller, "security_group_rule", bodies);
      made.forEach(({ id }, i) => void known.rules.set((part[i] as [string, WantedRule])[0], id));
    }
    for (const [text, id] of [...known.rules]) {
      if (wanted.has(text)) continue;
      await ignoring("SecurityGroupRuleNotFound", networking.delete(caller, "security_group_rule", id));
      known.rules.delete(text);
    }
  }

  /** With the group's name in place of its key, as rules of the store are told. */
  #named(rule: WantedRule): WantedRule {
    return rule.remote.kind === "group"
      ? { ...rule, remote: { kind: "group", key: this.#name(rule.remote.key) } }
      : rule;
  }

  #body(groupId: Id, { remote, ...match }: WantedRule): Attributes {
    return {
      ...match,
      project_id: this.#parts.caller.projectId,
      security_group_id: groupId,
      remote_ip_prefix: remote.kind === "prefix" ? remote.cidr : null,
      remote_group_id: remote.kind === "group" ? this.#known.get(this.#name(remote.key))?.id : null,
    };
  }

  /** Takes away what is not wanted and no port has any more. */
  async prune(wanted: ReadonlyMap<string, WantedGroup>): Promise<void> {
    const { networking, caller } = this.#parts;
    const names = new Set([...wanted.keys()].map((key) => this.#name(key)));
    for (const [name, { id }] of [...this.#known]) {
      if (names.has(name)) continue;
      const removal = ignoring("SecurityGroupNotFound", networking.delete(caller, "security_group", id));
      if (await ignoring("SecurityGroupInUse", removal)) this.#known.delete(name);
    }
  }
}

/** A rule of the store in the words of a wanted one. */
function textOf(rule: Rule, names: ReadonlyMap<Id, string>): string {
  const { direction, ethertype, protocol, port_range_min, port_range_max } = rule;
  return ruleText({ direction, ethertype, protocol, port_range_min, port_range_max, remote: remoteOf(rule, names) });
}

function remoteOf(rule: Rule, names: ReadonlyMap<Id, string>): WantedRule["remote"] {
  if (rule.remote_group_id !== null) {
    return { kind: "group", key: names.get(rule.remote_group_id) ?? rule.remote_group_id };
  }
  return rule.remote_ip_prefix === null ? { kind: "any" } : { kind: "prefix", cidr: rule.remote_ip_prefix };
}
