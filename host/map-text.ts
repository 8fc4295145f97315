/** Map entries as one line of text: for golden tests, dumps and support. */
import { MAPS, type MapName } from "../bpf/layout.gen.ts";

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(" ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, field]) => `${name}=${typeof field === "object" ? `{${text(field)}}` : text(field)}`)
    .join(" ");
}

export function isMapName(name: string): name is MapName {
  return Object.hasOwn(MAPS, name);
}

/** "macs[net=100 mac=02:00:00:00:00:01]" */
export function keyText(map: MapName, key: Uint8Array): string {
  return `${map}[${text(MAPS[map].key.decode(key))}]`;
}

/** "macs[net=100 mac=02:00:00:00:00:01]=kind=1 vif=3 remote=::" */
export function entryText(map: MapName, key: Uint8Array, value: Uint8Array): string {
  return `${keyText(map, key)}=${text(MAPS[map].value.decode(value))}`;
}
