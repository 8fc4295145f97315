/** Nova's API for events from outside (nova/api/openstack/compute/server_external_events.py). */
import type { JsonHttp, KeystoneClient } from "../auth/mod.ts";
import type { NovaEvent } from "./events.ts";

/** "sent": Nova has them, or will never take them; "later": try again. */
export type Outcome = { what: "sent" | "later"; detail: string };

interface Answer {
  events?: { code?: number; name?: string; tag?: string; server_uuid?: string }[];
}

export interface Nova {
  send(events: readonly NovaEvent[]): Promise<Outcome>;
}

/** `url`: as http://controller:8774/v2.1 */
export function novaAt(url: string, keystone: Pick<KeystoneClient, "token" | "dropToken">, http: JsonHttp): Nova {
  const endpoint = `${url.replace(/\/+$/, "")}/os-server-external-events`;
  return {
    async send(events) {
      try {
        const token = await keystone.token();
        const reply = await http.request({
          method: "POST",
          url: endpoint,
          headers: { "x-auth-token": token },
          body: { events },
        });
        if (reply.status === 401) keystone.dropToken(token);
        return outcomeOf(reply.status, reply.body as Answer | undefined);
      } catch (error) {
        // No connection, no token: the event waits.
        return { what: "later", detail: (error as Error).message };
      }
    },
  };
}

/** Nova answers 200 when it took all, 207 when some, 404 when none has a server (any more): neither is worth a repetition. */
function outcomeOf(status: number, body: Answer | undefined): Outcome {
  if (status === 401 || status === 429 || status >= 500) return { what: "later", detail: `Nova answers ${status}` };
  if (status === 200) return { what: "sent", detail: "" };
  const refused = (body?.events ?? []).filter(({ code }) => code !== 200);
  const which = refused.map(
    ({ name, tag, server_uuid, code }) => `${name} of port ${tag}, server ${server_uuid}: ${code}`,
  );
  return { what: "sent", detail: [`Nova answers ${status}`, ...which].join("; ") };
}
