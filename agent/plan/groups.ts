const NONE: ReadonlySet<string> = new Set();

/** Members by group, each in one group at most: an index such as the ports of a network. */
export class Groups {
  readonly #groupOf = new Map<string, string>();
  readonly #members = new Map<string, Set<string>>();

  /** Moves the member to `group`; undefined takes it out of its group. */
  place(member: string, group: string | undefined): void {
    const before = this.#groupOf.get(member);
    if (before === group) return;
    if (before !== undefined) this.#leave(member, before);
    if (group === undefined) return;
    this.#groupOf.set(member, group);
    const members = this.#members.get(group);
    if (members === undefined) this.#members.set(group, new Set([member]));
    else members.add(member);
  }

  members(group: string): ReadonlySet<string> {
    return this.#members.get(group) ?? NONE;
  }

  #leave(member: string, group: string): void {
    this.#groupOf.delete(member);
    const members = this.#members.get(group);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(group);
  }
}
