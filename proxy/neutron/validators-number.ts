/** Validators for numbers and ports (neutron_lib/api/validators/__init__.py). */
import type { Validator } from "./attribute.ts";
import { integerOf } from "./converters.ts";
import { described } from "./json-schema.ts";
import { pyStr } from "./python.ts";
import { show } from "./validators.ts";

/** The largest number of Neutron's database. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** A whole number, also as text; of a truth value Neutron says what it is. */
export const integer: Validator = (value) => {
  if (typeof value === "boolean") return `${show(value)} is not an integer:boolean`;
  const number = integerOf(value);
  const isWhole = number !== undefined && (typeof value !== "number" || value === number);
  return isWhole ? undefined : `${show(value)} is not an integer`;
};
described({ type: "integer" }, integer);

export const range = (min: number, max: number): Validator =>
  described({ type: "integer", minimum: min, maximum: max }, (value) => {
    const number = integerOf(value);
    if (number === undefined) return `${show(value)} is not an integer`;
    if (number < min) return `'${number}' is too small - must be at least '${min}'`;
    return number > max ? `'${number}' is too large - must be no larger than '${max}'` : undefined;
  });

/** "80" or "80:90". */
export const portRange = (min: number, max: number): Validator =>
  described({ type: ["string", "null"], pattern: "^[0-9]+(:[0-9]+)?$" }, (value) => {
    if (value === null) return undefined;
    const ports = pyStr(value).split(":");
    if (ports.length > 2 || ports.includes("")) return "Port range must be two integers separated by a colon";
    for (const port of ports) {
      const number = integerOf(port);
      if (number === undefined || number < 0 || number > 65_535) return `Invalid port: ${port}`;
      if (number < min || number > max) {
        return `Invalid port: ${port}, the port must be in the range [${min}, ${max}]`;
      }
    }
    const [first, last] = ports.map(Number);
    const isReversed = last !== undefined && (first as number) > last;
    return isReversed ? "First port in a port range must be lower than the second port" : undefined;
  });
