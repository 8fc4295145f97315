/**
 * Equal values held once. A hundred thousand ports have a few projects, networks, groups and times between them, and
 * JSON.parse makes a new string or array for each: memory, and time wherever values are compared.
 */

/** What hardly ever repeats, and would only fill the pool. */
const OWN = new Set(["id", "name", "description", "mac_address", "ip_address", "device_id", "dns_name"]);
/** V8 itself holds shorter strings of JSON once; longer ones are texts of their own. */
const SHORTEST = 11;
const LONGEST = 64;
/** Then the pool starts anew: what is in use finds its way back into it. */
const MOST = 100_000;

const NO_ITEMS: readonly unknown[] = Object.freeze([]);
const NO_MEMBERS: object = Object.freeze({});

const strings = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

function pooled<T>(pool: Map<string, T>, key: string, value: T): T {
  const found = pool.get(key);
  if (found !== undefined) return found;
  if (pool.size >= MOST) pool.clear();
  pool.set(key, value);
  return value;
}

/** The object itself, whose members are now shared with others that were equal; shared lists and objects are frozen. */
export function interned<T extends object>(object: T): T {
  const members = object as Record<string, unknown>;
  for (const name in members) {
    const value = members[name];
    if (typeof value === "string") {
      if (value.length >= SHORTEST && value.length <= LONGEST && !OWN.has(name)) {
        members[name] = pooled(strings, value, value);
      }
    } else if (typeof value === "object" && value !== null) {
      members[name] = Array.isArray(value) ? internedList(value) : internedObject(value);
    }
  }
  return object;
}

function internedObject(value: object): object {
  for (const _ in value) return interned(value);
  return NO_MEMBERS;
}

function internedList(list: readonly unknown[]): readonly unknown[] {
  if (list.length === 0) return NO_ITEMS;
  if (list.every((item) => typeof item === "string")) {
    return pooled(lists, JSON.stringify(list), Object.freeze(list) as readonly string[]);
  }
  for (const item of list) if (typeof item === "object" && item !== null) interned(item);
  return list;
}
