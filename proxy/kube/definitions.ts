/** NetworkAttachmentDefinitions as they are asked for: few, and few pods have any; so they are not watched. */
import { ApiFailure, type ApiServer } from "./api-server.ts";
import { pathOf, type Selection } from "./attachments.ts";
import { PodFailure } from "./failure.ts";
import type { NetworkAttachmentDefinition } from "./objects.ts";

/** Many pods are looked at in a moment; a definition that changes is one for later pods. */
const REMEMBERED_MS = 5_000;

export class Definitions {
  readonly #api: Pick<ApiServer, "request">;
  readonly #known = new Map<string, { value: NetworkAttachmentDefinition; until: number }>();

  constructor(api: Pick<ApiServer, "request">) {
    this.#api = api;
  }

  /** @throws PodFailure when it is not there; Error when the API server does not answer */
  async get(selection: Pick<Selection, "namespace" | "name">): Promise<NetworkAttachmentDefinition> {
    const path = pathOf(selection);
    const now = performance.now();
    for (const [each, { until }] of this.#known) if (until < now) this.#known.delete(each);
    const known = this.#known.get(path);
    if (known !== undefined) return known.value;
    try {
      const value = await this.#api.request<NetworkAttachmentDefinition>("GET", path);
      this.#known.set(path, { value, until: now + REMEMBERED_MS });
      return value;
    } catch (error) {
      if (!(error instanceof ApiFailure && error.status === 404)) throw error;
      const { namespace, name } = selection;
      throw new PodFailure(
        "NetworkAttachmentNotFound",
        `there is no NetworkAttachmentDefinition ${name} in namespace ${namespace}`,
      );
    }
  }
}
