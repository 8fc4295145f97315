/** The spellings of a MAC address that Neutron takes (those of the netaddr library). */
import { type Mac, parseMac } from "../../model/mod.ts";

const SPELLINGS = [
  /^[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}$/i, // 00:1b:77:49:54:fd, 0-1b-77-49-54-fd
  /^[0-9a-f]{1,4}(?:[:.-][0-9a-f]{1,4}){2}$/i, // 001b.7749.54fd
  /^[0-9a-f]{6}[:-][0-9a-f]{6}$/i, // 001b77-4954fd
  /^[0-9a-f]{12}$/i, // 001b774954fd
];

/** Lower-case colon form, or undefined when `text` is no MAC address. */
export function canonicalMac(text: string): Mac | undefined {
  if (!SPELLINGS.some((spelling) => spelling.test(text))) return undefined;
  const groups = text.split(/[:.-]/);
  const digits = groups.map((group) => group.padStart(12 / groups.length, "0")).join("");
  return parseMac(digits.replace(/..(?!$)/g, "$&:"));
}
