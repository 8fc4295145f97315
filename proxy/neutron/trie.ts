/**
 * Finds what a path names. Neutron's router (Pecan) takes dashes for underscores in the fixed parts, a trailing slash,
 * and the suffix ".json" on the last part.
 */

interface Node<T> {
  literals: Map<string, Node<T>>;
  param: Node<T> | undefined;
  /** A tag, which may end in anything. */
  isText: boolean;
  value: T | undefined;
}

export interface Found<T> {
  value: T;
  /** What stood at the places of `:name`, in order. */
  params: string[];
}

const empty = <T>(): Node<T> => ({ literals: new Map(), param: undefined, isText: false, value: undefined });
const folded = (part: string) => part.replaceAll("-", "_");

export class Trie<T> {
  readonly #root: Node<T> = empty();

  /** `pattern`: "routers/:id/add_router_interface". The value that is there already, or a new one. */
  at(pattern: string, make: () => T): T {
    let node = this.#root;
    for (const part of pattern === "" ? [] : pattern.split("/")) {
      node = part.startsWith(":") ? paramOf(node, part === ":tag") : literalOf(node, folded(part));
    }
    node.value ??= make();
    return node.value;
  }

  /** `path` without a leading slash. Undefined for what is not there, and for a part that cannot be decoded. */
  find(path: string): Found<T> | undefined {
    const parts = decode(path);
    return parts && find(this.#root, parts, 0, []);
  }
}

function paramOf<T>(node: Node<T>, isText: boolean): Node<T> {
  node.param ??= { ...empty<T>(), isText };
  return node.param;
}

function literalOf<T>(node: Node<T>, part: string): Node<T> {
  const next = node.literals.get(part) ?? empty<T>();
  node.literals.set(part, next);
  return next;
}

function find<T>(node: Node<T>, parts: readonly string[], at: number, params: string[]): Found<T> | undefined {
  const part = parts[at];
  if (part === undefined) return node.value === undefined ? undefined : { value: node.value, params };
  const isLast = at === parts.length - 1;
  const literal = node.literals.get(folded(isLast ? plain(part) : part));
  const found = literal && find(literal, parts, at + 1, params);
  if (found !== undefined || node.param === undefined) return found;
  const value = isLast && !node.param.isText ? plain(part) : part;
  return find(node.param, parts, at + 1, [...params, value]);
}

const plain = (part: string) => part.replace(/\.json$/, "");

function decode(path: string): string[] | undefined {
  const parts = path.split("/");
  if (parts.at(-1) === "") parts.pop();
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
