/** The text of a policy file: YAML, of which JSON is a part; names of rules and their texts. */
import { isMap, isScalar, type Pair, parseDocument } from "yaml";
import type { RuleText } from "./syntax.ts";

/** @throws Error that lists everything that is wrong with the form of the file. */
export function parsePolicyFile(text: string): Record<string, RuleText> {
  const document = parseDocument(text);
  const map = document.contents;
  const problems = document.errors.map(({ message }) => message.split("\n", 1)[0] as string);
  if (problems.length === 0 && map !== null && !isMap(map))
    problems.push("names of rules and their texts are expected");
  const rules: Record<string, RuleText> = {};
  for (const pair of problems.length === 0 && isMap(map) ? map.items : []) {
    const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const value = ruleOf(pair, document);
    if (isRuleText(value)) Object.defineProperty(rules, name, { value, enumerable: true });
    else
      problems.push(`rule ${JSON.stringify(name)}: a text or a list of lists is expected; "" is everybody, "!" nobody`);
  }
  if (problems.length > 0) throw new Error(["the policy file is not as it should be:", ...problems].join("\n  "));
  return rules;
}

/** YAML takes a bare `!` for a tag and the rule for empty, which would open to everybody what is to be closed. */
function ruleOf({ value }: Pair, document: ReturnType<typeof parseDocument>): unknown {
  if (isScalar(value) && (value.tag === "!" || (value.type === "PLAIN" && value.value === ""))) return undefined;
  return typeof value === "object" && value !== null && "toJS" in value ? (value as Jsonable).toJS(document) : value;
}

interface Jsonable {
  toJS(document: unknown): unknown;
}

function isRuleText(value: unknown): value is RuleText {
  if (typeof value === "string") return true;
  const isText = (item: unknown) => typeof item === "string";
  return Array.isArray(value) && value.every((item) => isText(item) || (Array.isArray(item) && item.every(isText)));
}
