/** Words for what all answers have: ids, ends, places, protocols. Pure. */
import { type FlowEnd, type FlowPlace, type Id, IP_PROTOCOLS, type Labels } from "../../model/mod.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

const shown = (text: string) => text.replace(/\p{Cc}/gu, "?");

/** A thing by its name and the beginning of its id, or by what is known of the two. */
export function named(id: Id, labels: Labels): string {
  const short = UUID.test(id) ? id.slice(0, 8) : id;
  const label = labels[id];
  return shown(label === undefined ? short : `${label} (${short})`);
}

/** A host by its name and tunnel address. */
export const hostText = (ip: string, labels: Labels) =>
  shown(labels[ip] === undefined ? `host ${ip}` : `${labels[ip]} (${ip})`);

export function endText({ ip, port }: FlowEnd): string {
  if (port === null) return ip;
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function placeText(place: FlowPlace, labels: Labels): string {
  switch (place.kind) {
    case "port":
      return named(place.port, labels);
    case "host":
      return place.host === null ? named(place.network, labels) : hostText(place.host, labels);
    case "wire":
      return `wire of ${named(place.network, labels)}`;
    case "unknown":
      return "-";
  }
}

/** The one name of each number that people use. */
const PROTOCOLS = new Map<number, string>();
for (const [name, number] of Object.entries(IP_PROTOCOLS)) if (!PROTOCOLS.has(number)) PROTOCOLS.set(number, name);

export const protocolText = (number: number) => PROTOCOLS.get(number) ?? `protocol ${number}`;
