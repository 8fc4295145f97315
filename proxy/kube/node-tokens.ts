/**
 * Which node an agent is on, by the service account token of its pod. The API server says whether the token is good
 * (TokenReview) and which pod it was given to; that pod's record says where it runs. Nothing that the agent says of itself
 * is believed.
 */
import type { NodeIdentity } from "../../api/mod.ts";
import { Fault, fault } from "../../model/mod.ts";
import { ApiFailure, type ApiServer } from "./api-server.ts";
import type { ClusterConfig } from "./config.ts";
import type { Pod, TokenReview } from "./objects.ts";

/** Tokens made for anybody else, the API server above all, are not taken: who shows one must not lend it by that. */
export const AUDIENCE = "cable";
/** Anybody may ask, and each question costs the API server two: more at once wait for their next try. */
const MOST_AT_ONCE = 16;
const REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
/** What the API server adds to the user of a token that is bound to a pod. */
const EXTRA = "authentication.kubernetes.io/";

export class NodeTokens {
  readonly #api: Pick<ApiServer, "request">;
  readonly #config: Pick<ClusterConfig, "name" | "agent_service_account">;
  #asking = 0;

  constructor(api: Pick<ApiServer, "request">, config: Pick<ClusterConfig, "name" | "agent_service_account">) {
    this.#api = api;
    this.#config = config;
  }

  /** @throws Fault Unauthorized; ServiceUnavailable when the API server cannot be asked */
  async nodeOf(token: string): Promise<NodeIdentity> {
    if (!isForUs(token)) throw unauthorized(`it is no service account token for the audience "${AUDIENCE}"`);
    if (this.#asking >= MOST_AT_ONCE) throw fault("ServiceUnavailable", { msg: "Too many nodes ask at once." });
    this.#asking++;
    try {
      return { cluster: this.#config.name, node: await this.#ask(token) };
    } catch (error) {
      if (error instanceof Fault) throw error;
      const msg = `The API server of cluster ${this.#config.name} cannot be asked: ${String(error)}`;
      throw fault("ServiceUnavailable", { msg });
    } finally {
      this.#asking--;
    }
  }

  async #ask(token: string): Promise<string> {
    const { status } = await this.#api.request<TokenReview>("POST", REVIEWS, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [AUDIENCE] },
    });
    // A server that knows no audiences leaves them out: its yes says nothing of whom the token is for.
    if (!status?.authenticated || !status.audiences?.includes(AUDIENCE))
      throw unauthorized("the cluster does not know it");
    const [namespace, account] = this.#config.agent_service_account.split("/") as [string, string];
    if (status.user?.username !== `system:serviceaccount:${namespace}:${account}`)
      throw unauthorized(`it is not of service account ${this.#config.agent_service_account}`);
    const [pod] = status.user.extra?.[`${EXTRA}pod-name`] ?? [];
    const [uid] = status.user.extra?.[`${EXTRA}pod-uid`] ?? [];
    if (pod === undefined || uid === undefined) throw unauthorized("it is not bound to a pod");
    return this.#nodeOfPod(namespace, pod, uid);
  }

  async #nodeOfPod(namespace: string, name: string, uid: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(name)}`;
    const pod = await this.#api.request<Pod>("GET", path).catch((error) => {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    });
    const node = pod?.metadata.uid === uid ? pod.spec.nodeName : undefined;
    if (!node) throw unauthorized("its pod is gone");
    return node;
  }
}

/** Read without proof, and only to refuse: what is not even meant for Cable costs the API server nothing. */
function isForUs(token: string): boolean {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (claims === undefined) return false;
  try {
    const { aud } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { aud?: unknown };
    return aud === AUDIENCE || (Array.isArray(aud) && aud.includes(AUDIENCE));
  } catch {
    return false;
  }
}

const unauthorized = (why: string) => fault("Unauthorized", { msg: `The token is not taken: ${why}.` });
