/** {@link ViewMessage}s as the lines of the stream. Made once for each change and shared by all readers. */
import type { Id, ViewKind, ViewMessage, ViewRule, ViewTypes } from "../../model/mod.ts";

const line = (message: ViewMessage): string => `${JSON.stringify(message)}\n`;

export function putLine<K extends ViewKind>(kind: K, value: ViewTypes[K]): string {
  return line({ type: "put", kind, value } as ViewMessage);
}

export const deleteLine = (kind: ViewKind, id: Id): string => line({ type: "delete", kind, id });
export const rulesLine = (group: Id, put: ViewRule[], gone: Id[]): string =>
  line({ type: "rules", group, put, delete: gone });
export const snapshotLine = line({ type: "snapshot" });
export const syncedLine = (revision: number): string => line({ type: "synced", revision });
export const bookmarkLine = (revision: number): string => line({ type: "bookmark", revision });
