/** The attributes of a quota: one for each resource that has one (neutron/extensions/quotasv2.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { toInt } from "../converters.ts";
import { MAX_INTEGER, range } from "../validators-number.ts";

/** -1 is no limit. */
const limit = attribute(["put"], { convert: toInt, validate: range(-1, MAX_INTEGER) });

/** The table for the resources whose number is limited, which the quota engine knows. */
export const quotaOf = (resources: Iterable<string>): Attributes =>
  Object.fromEntries([...resources].map((name) => [name, limit]));
