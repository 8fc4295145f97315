/**
 * The policy language of oslo.policy (oslo_policy/_parser.py). A rule that cannot be read is an error here, where
 * oslo.policy logs it and lets the rule refuse everybody.
 */
import { parseCheck } from "./parse-check.ts";
import { type Check, RuleSyntaxError, type RuleText } from "./syntax.ts";

interface Token {
  is: "(" | ")" | "and" | "or" | "not" | "check" | "end";
  text: string;
  /** Counted from 1. */
  column: number;
}

/** `name` is for messages only. @throws RuleSyntaxError */
export function parseRule(name: string, text: RuleText): Check {
  return typeof text === "string" ? parseText(name, text) : parseLists(name, text);
}

function parseText(name: string, text: string): Check {
  if (text === "") return { is: "constant", value: true };
  const parser = new Parser(name, text);
  const check = parser.any();
  parser.expectEnd();
  return check;
}

/** Words, with the parentheses around them set apart; those inside, as in `%(x)s`, belong to the word. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const opening = /^\(*/.exec(word)?.[0].length ?? 0;
    const closing = opening === word.length ? 0 : (/\)*$/.exec(word)?.[0].length ?? 0);
    const middle = word.slice(opening, word.length - closing);
    for (let at = 0; at < opening; at++) tokens.push({ is: "(", text: "(", column: index + at + 1 });
    if (middle !== "") tokens.push({ ...kindOf(middle), column: index + opening + 1 });
    for (let at = word.length - closing; at < word.length; at++) {
      tokens.push({ is: ")", text: ")", column: index + at + 1 });
    }
  }
  tokens.push({ is: "end", text: "the end", column: text.length + 1 });
  return tokens;
}

function kindOf(text: string): Pick<Token, "is" | "text"> {
  const lower = text.toLowerCase();
  return { is: lower === "and" || lower === "or" || lower === "not" ? lower : "check", text };
}

class Parser {
  readonly #name: string;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  any(): Check {
    return this.#joined("or", "any", () => this.#joined("and", "all", () => this.#single()));
  }

  expectEnd(): void {
    const token = this.#take();
    if (token.is !== "end") this.#fail(token, `"and" or "or" is expected, not ${token.text}`);
  }

  #joined(word: "and" | "or", is: "all" | "any", part: () => Check): Check {
    const checks = [part()];
    while (this.#tokens[this.#next]?.is === word) {
      this.#next++;
      checks.push(part());
    }
    return checks.length === 1 ? (checks[0] as Check) : { is, checks };
  }

  #single(): Check {
    const token = this.#take();
    if (token.is === "not") return { is: "not", check: this.#single() };
    if (token.is === "(") {
      const check = this.any();
      const closing = this.#take();
      if (closing.is !== ")") this.#fail(closing, `")" is expected, not ${closing.text}`);
      return check;
    }
    if (token.is !== "check") this.#fail(token, `a check is expected, not ${token.text}`);
    try {
      return parseCheck(token.text);
    } catch (error) {
      return this.#fail(token, (error as SyntaxError).message);
    }
  }

  #take(): Token {
    const token = this.#tokens[this.#next] as Token;
    if (token.is !== "end") this.#next++;
    return token;
  }

  #fail(token: Token, problem: string): never {
    throw new RuleSyntaxError(this.#name, this.#text, `column ${token.column}`, problem);
  }
}

/** The old form: any of the outer list, all of an inner one; an empty inner list does not count. */
function parseLists(name: string, lists: Exclude<RuleText, string>): Check {
  if (lists.length === 0) return { is: "constant", value: true };
  const checks: Check[] = [];
  for (const [index, item] of lists.entries()) {
    const inner = item === "" ? [] : typeof item === "string" ? [item] : item;
    const parsed = inner.map((text) => {
      try {
        return parseCheck(text);
      } catch (error) {
        throw new RuleSyntaxError(name, lists, `item ${index + 1}`, (error as SyntaxError).message);
      }
    });
    if (parsed.length > 0) checks.push(parsed.length === 1 ? (parsed[0] as Check) : { is: "all", checks: parsed });
  }
  if (checks.length === 0) return { is: "constant", value: false };
  return checks.length === 1 ? (checks[0] as Check) : { is: "any", checks };
}
