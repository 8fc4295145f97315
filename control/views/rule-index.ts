/** The rules of each security group, and those that name an address group. */
import type { Id, SecurityGroupRuleRecord } from "../../model/mod.ts";
import { SetIndex } from "../set-index.ts";

export class RuleIndex {
  readonly #rulesOfGroup = new SetIndex<Id>();
  readonly #rulesOfAddressGroup = new SetIndex<Id>();
  readonly #groupOfRule = new Map<Id, Id>();

  change(id: Id, before: SecurityGroupRuleRecord | undefined, after: SecurityGroupRuleRecord | undefined): void {
    if (before !== undefined) {
      this.#rulesOfGroup.remove(before.security_group_id, id);
      if (before.remote_address_group_id !== null) this.#rulesOfAddressGroup.remove(before.remote_address_group_id, id);
      this.#groupOfRule.delete(id);
    }
    if (after !== undefined) {
      this.#rulesOfGroup.add(after.security_group_id, id);
      if (after.remote_address_group_id !== null) this.#rulesOfAddressGroup.add(after.remote_address_group_id, id);
      this.#groupOfRule.set(id, after.security_group_id);
    }
  }

  rulesOf(group: Id): ReadonlySet<Id> {
    return this.#rulesOfGroup.of(group);
  }

  /** The rules that name the address group, each with its security group. */
  *naming(addressGroup: Id): Iterable<[rule: Id, group: Id]> {
    for (const rule of this.#rulesOfAddressGroup.of(addressGroup)) {
      const group = this.#groupOfRule.get(rule);
      if (group !== undefined) yield [rule, group];
    }
  }
}
