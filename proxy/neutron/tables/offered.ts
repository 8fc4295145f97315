/** Attributes that come with an extension, and are there once its alias is offered. */
import type { Attributes } from "../attribute.ts";
import { OFFERED } from "../extensions/offered.ts";

/** The attributes that each extension adds to a resource, by its alias. */
export type ByAlias = Readonly<Record<string, Attributes>>;

/** A resource's own attributes and those of the aliases that are offered; a later one replaces an earlier of its name. */
export function offered(own: Attributes, byAlias: ByAlias, aliases: ReadonlySet<string> = OFFERED): Attributes {
  const added = Object.entries(byAlias).filter(([alias]) => aliases.has(alias));
  return Object.assign({}, own, ...added.map(([, attributes]) => attributes));
}
