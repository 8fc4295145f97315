/** A port's extra DHCP options (neutron/db/extradhcpopt_db.py). */
import type { Attributes } from "../../api/mod.ts";
import { type ExtraDhcpOpt, fault } from "../../model/mod.ts";
import { attribute, given, isObject, isText, listOf, orNull } from "./attributes.ts";

/** Options that mean something without a value: the server leaves them out of its answer. */
const BLANK_OPTIONS = new Set(["router", "classless-static-route"]);

type Wish = Omit<ExtraDhcpOpt, "opt_value"> & { opt_value: string | null };

function readOptions(body: Attributes): Wish[] {
  const read = given(body, "extra_dhcp_opts", orNull(listOf(isObject))) ?? [];
  return read.map((entry) => {
    const opt_name = attribute(entry, "opt_name", isText, "");
    if (opt_name === "") throw fault("InvalidInput", { error_message: "extra_dhcp_opts: opt_name is missing" });
    const opt_value = given(entry, "opt_value", orNull(isText)) ?? null;
    return { opt_name, opt_value, ip_version: Number(entry.ip_version ?? 4) === 6 ? 6 : 4 };
  });
}

const isKept = (option: Wish): option is ExtraDhcpOpt =>
  option.opt_value !== null && (option.opt_value !== "" || BLANK_OPTIONS.has(option.opt_name));

export function newDhcpOptions(body: Attributes): ExtraDhcpOpt[] {
  return readOptions(body).filter(isKept);
}

/** Options of the request replace those of the same name and family; a null value removes one; the others stay. */
export function changedDhcpOptions(before: ExtraDhcpOpt[], body: Attributes): ExtraDhcpOpt[] {
  const key = (option: Wish) => `${option.ip_version} ${option.opt_name}`;
  const options = new Map<string, ExtraDhcpOpt>(before.map((option) => [key(option), option]));
  for (const wish of readOptions(body)) {
    if (wish.opt_value === null) options.delete(key(wish));
    else if (isKept(wish)) options.set(key(wish), wish);
  }
  return [...options.values()];
}
