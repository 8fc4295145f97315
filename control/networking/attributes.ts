/** Typed reading of attributes. The doors have checked their syntax; what is wrong all the same is refused here. */
import type { Attributes } from "../../api/mod.ts";
import { type Cidr, fault, type Ip, type Mac, parseCidr, parseIp, parseMac } from "../../model/mod.ts";

type Check<T> = (value: unknown) => T | undefined;

const type =
  <T>(name: string): Check<T> =>
  (value) =>
    typeof value === name ? (value as T) : undefined;

export const isText = type<string>("string");
export const isFlag = type<boolean>("boolean");
export const isWhole: Check<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined);
export const isObject: Check<Record<string, unknown>> = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
export const isIp: Check<Ip> = (value) => (typeof value === "string" ? parseIp(value) : undefined);
export const isCidr: Check<Cidr> = (value) => (typeof value === "string" ? parseCidr(value) : undefined);
export const isMac: Check<Mac> = (value) => (typeof value === "string" ? parseMac(value) : undefined);

export const orNull =
  <T>(check: Check<T>): ((value: unknown) => T | null | undefined) =>
  (value) =>
    value === null ? null : check(value);

export const oneOf =
  <T extends string>(...allowed: T[]): Check<T> =>
  (value) =>
    allowed.find((candidate) => candidate === value);

export const listOf =
  <T>(check: Check<T>): Check<T[]> =>
  (value) => {
    if (!Array.isArray(value)) return undefined;
    const checked = value.map(check);
    return checked.includes(undefined) ? undefined : (checked as T[]);
  };

/** The attribute if given. @throws Fault InvalidInput when it is of another type than `check` lets through */
export function given<T>(attributes: Attributes, name: string, check: Check<T>): T | undefined {
  const value = attributes[name];
  if (value === undefined) return undefined;
  const checked = check(value);
  if (checked === undefined) {
    throw fault("InvalidInput", { error_message: `'${JSON.stringify(value)}' is not a valid value for ${name}` });
  }
  return checked;
}

/** The attribute, or `fallback` when it was left out. */
export function attribute<T>(attributes: Attributes, name: string, check: Check<T>, fallback: T): T {
  return given(attributes, name, check) ?? fallback;
}
