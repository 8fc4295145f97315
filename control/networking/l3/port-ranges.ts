/** Ranges of transport ports in port forwardings (neutron/services/portforwarding/pf_plugin.py, objects/port_forwarding.py). */
import type { Attributes } from "../../../api/mod.ts";
import { fault } from "../../../model/mod.ts";
import { given, isText, isWhole, orNull } from "../attributes.ts";

/** First and last. */
export type PortRange = [number, number];

export const refuseForwarding = (msg: string) => fault("BadRequest", { resource: "port_forwarding", msg });

export const rangeText = ([first, last]: PortRange) => `${first}:${last}`;

const MAX_PORT = 65_535;

function readRange(text: string): PortRange {
  const [first = 0, last = first] = text.split(":").map(Number);
  if ([first, last].every((port) => Number.isInteger(port) && port >= 1 && port <= MAX_PORT)) return [first, last];
  throw refuseForwarding("Invalid port value, the port value must be a value between 1 and 65535.");
}

/** `external_port_range` or `external_port`, of which the single port counts when both are given. */
export function portsOf(body: Attributes, side: "external" | "internal"): PortRange | undefined {
  const single = given(body, `${side}_port`, orNull(isWhole));
  if (single) return [single, single];
  const range = given(body, `${side}_port_range`, orNull(isText));
  return range ? readRange(range) : undefined;
}

/** As many ports inside as outside, or one. `undefined`: not told, and not looked at. */
export function checkRelation(internal: PortRange | undefined, external: PortRange | undefined): void {
  const size = (range: PortRange | undefined) => (range === undefined ? 0 : range[1] - range[0]);
  if (size(internal) === 0 || size(internal) === size(external)) return;
  throw refuseForwarding(
    "Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N",
  );
}

/** @throws Fault BadRequest when `wanted` meets one of `present` */
export function checkApart(present: readonly PortRange[], wanted: PortRange, side: "external" | "internal"): void {
  const hit = present.find(([first, last]) => first <= wanted[1] && wanted[0] <= last);
  if (hit === undefined) return;
  throw refuseForwarding(
    `There is a port collision with the ${side}_port_range. ` +
      `The following ranges collide: ${rangeText(hit)} and ${rangeText(wanted)}`,
  );
}
