/**
 * The agent's client of the native API. Small on purpose: it loads no schema library and keeps a few connections.
 * Every request of it may be repeated without harm, so one that breaks is sent again, to the next control node.
 */
import * as http from "node:http";
import type * as https from "node:https";
import type { HostStatus, Id, PortRecord, ViewMessage } from "../model/mod.ts";
import type { NewContainerPort } from "./hosts.ts";
import { lines } from "./lines.ts";
import { HOST_ROUTES } from "./routes.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/** A request that failed: with the status and message of the control node, or status 0 when it could not be reached. */
export class ControlFailure extends Error {
  override readonly name = "ControlFailure";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
  /** Worth another try as it is: not reached, or the control node cannot just now. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** How the agent of a Kubernetes node gets its host's token: by the token of its pod's service account. */
export interface NodeCredentials {
  /** Asked for each time anew, since kubelet replaces it. */
  serviceAccountToken(): string;
  /** Undefined: the control node's only one. */
  cluster: string | undefined;
  /** The host's token, for the next start: it is good without the API server. */
  keep(token: string): void;
}

export interface HostClientOptions {
  /** Base URLs of the control nodes; the first that answers is used until it fails. */
  urls: readonly string[];
  host: string;
  /** Undefined: none is known yet, which needs `node`. */
  token: string | undefined;
  /** Where a token that is not known, or no longer taken, comes from. */
  node?: NodeCredentials | undefined;
}

type Route = (typeof HOST_ROUTES)[keyof typeof HOST_ROUTES];
type Answer = { status: number; body: string };
type Request = { token: string; body?: unknown; id?: Id; query?: string; signal?: AbortSignal };

export class HostClient {
  readonly #urls: readonly URL[];
  readonly #host: string;
  readonly #node: NodeCredentials | undefined;
  #token: string | undefined;
  #renewal: Promise<string> | undefined;
  readonly #agents = new Map<string, http.Agent>();
  #current = 0;

  /** @throws TypeError for something that is no URL */
  constructor({ urls, host, token, node }: HostClientOptions) {
    this.#urls = urls.map((url) => new URL(url));
    if (urls.length === 0) throw new TypeError("at least one control node is needed");
    this.#host = host;
    this.#token = token;
    this.#node = node;
  }

  /**
   * Follows the view stream until it ends, `signal` ends it, or it breaks (then it throws). "too-old" means that the
   * stream cannot be resumed from `since`: ask again without.
   */
  async watch(
    since: number | undefined,
    onMessage: (message: ViewMessage) => void,
    signal: AbortSignal,
  ): Promise<"ended" | "too-old"> {
    const token = this.#token ?? (await this.#renew());
    const at = this.#current;
    const query = since === undefined ? "" : `?since=${since}`;
    try {
      const response = await this.#open(at, HOST_ROUTES.watch, { token, query, signal });
      if (response.statusCode === 410) {
        response.resume();
        return "too-old";
      }
      if (response.statusCode !== 200) throw failure(await answerOf(response));
      for await (const piece of lines(response)) for (const line of piece) onMessage(JSON.parse(line) as ViewMessage);
      return "ended";
    } catch (error) {
      if (signal.aborted) return "ended";
      // For the next try, which whoever follows the stream makes.
      if (isUnknownToken(error) && this.#node !== undefined) await this.#renewed(token);
      else this.#failed(at);
      throw error instanceof ControlFailure ? error : unreachable(this.#urls[at]!, error);
    }
  }

  /** @throws ControlFailure */
  async report(status: HostStatus): Promise<void> {
    await this.#call(HOST_ROUTES.status, { body: status });
  }

  /** Makes the port of a container, or finds it: the same for the same container and interface. @throws ControlFailure */
  async createPort(port: NewContainerPort): Promise<PortRecord> {
    return JSON.parse((await this.#call(HOST_ROUTES.createPort, { body: port })).body) as PortRecord;
  }

  /** A port that is not there is success. @throws ControlFailure */
  async deletePort(id: Id): Promise<void> {
    await this.#call(HOST_ROUTES.deletePort, { id, alsoGood: 404 });
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #call(route: Route, options: { body?: unknown; id?: Id; alsoGood?: number }): Promise<Answer> {
    const token = this.#token ?? (await this.#renew());
    try {
      return await this.#ask(route, { ...options, token });
    } catch (error) {
      if (!isUnknownToken(error) || this.#node === undefined) throw error;
      return this.#ask(route, { ...options, token: await this.#renewed(token) });
    }
  }

  /** Another call may have got a new one meanwhile. */
  async #renewed(refused: string): Promise<string> {
    return this.#token === undefined || this.#token === refused ? this.#renew() : this.#token;
  }

  /** One at a time, since each takes the token before out of force. @throws ControlFailure; what reading the file throws */
  #renew(): Promise<string> {
    this.#renewal ??= this.#getToken().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #getToken(): Promise<string> {
    if (this.#node === undefined) throw new ControlFailure(401, "no token is known for this host");
    const { cluster } = this.#node;
    const body = cluster === undefined ? {} : { kubernetes_cluster: cluster };
    const answer = await this.#ask(HOST_ROUTES.token, { token: this.#node.serviceAccountToken(), body });
    const { token } = JSON.parse(answer.body) as { token: string };
    this.#node.keep(token);
    this.#token = token;
    return token;
  }

  /** One more attempt than there are control nodes: the first may hit a connection that was closed while idle. */
  async #ask(route: Route, options: Request & { alsoGood?: number }): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const at = this.#current;
      try {
        const answer = await answerOf(await this.#open(at, route, options));
        if (answer.status < 300 || answer.status === options.alsoGood) return answer;
        throw failure(answer);
      } catch (error) {
        if (error instanceof ControlFailure && error.status < 500) throw error;
        this.#failed(at);
        if (attempt < this.#urls.length) continue;
        throw error instanceof ControlFailure ? error : unreachable(this.#urls[at]!, error);
      }
    }
  }

  #failed(at: number): void {
    if (this.#current === at) this.#current = (at + 1) % this.#urls.length;
  }

  async #open(
    at: number,
    route: Route,
    { token, body, id = "", query = "", signal }: Request,
  ): Promise<http.IncomingMessage> {
    const base = this.#urls[at]!;
    const path = route.url.replace(":host", encodeURIComponent(this.#host)).replace(":id", encodeURIComponent(id));
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string | number> = { authorization: `Bearer ${token}` };
    if (text !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = Buffer.byteLength(text);
    }
    const { request, agent } = await this.#transport(base.protocol);
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const url = new URL(base.pathname.replace(/\/$/, "") + path + query, base);
    const sent = request(url, { method: route.method, headers, agent, ...(signal && { signal }) }, resolve);
    const late = () => sent.destroy(new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`));
    const timer = setTimeout(late, ANSWER_TIMEOUT_MS);
    sent.on("error", reject).end(text);
    return promise.finally(() => clearTimeout(timer));
  }

  async #transport(protocol: string): Promise<{ request: typeof http.request; agent: http.Agent }> {
    // TLS costs memory, so it is loaded only when used.
    const library: typeof http | typeof https = protocol === "https:" ? await import("node:https") : http;
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = new library.Agent({ keepAlive: true, maxFreeSockets: 2 });
      this.#agents.set(protocol, agent);
    }
    return { request: library.request as typeof http.request, agent };
  }
}

async function answerOf(response: http.IncomingMessage): Promise<Answer> {
  let body = "";
  response.setEncoding("utf8");
  response.setTimeout(ANSWER_TIMEOUT_MS, () => response.destroy(new Error("the answer broke off")));
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, body };
}

function failure({ status, body }: Answer): ControlFailure {
  let message = body.slice(0, 200);
  try {
    message = JSON.parse(body).error.message;
  } catch {
    // Not one of our answers; a proxy in between, perhaps. Its own words will do.
  }
  return new ControlFailure(status, message);
}

const isUnknownToken = (error: unknown) => error instanceof ControlFailure && error.status === 401;

function unreachable(url: URL, error: unknown): ControlFailure {
  return new ControlFailure(0, `no control node at ${url.origin}: ${error instanceof Error ? error.message : error}`);
}
