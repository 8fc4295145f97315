/** Plays requests against an API and holds each answer against all checks; what goes wrong is told with its seed. */

import type { Resource } from "../../proxy/neutron/resource.ts";
import { RESOURCES } from "../../proxy/neutron/resources.ts";
import type { Store, Transaction } from "../../store/mod.ts";
import { keys, ROOT } from "../../store/mod.ts";
import type { Asker } from "./callers.ts";
import { type Answer, checkForm } from "./checks.ts";
import { checkIntegrity } from "./integrity.ts";
import { Pool } from "./pool.ts";
import { Random } from "./random.ts";
import { type Contents, contentsOf } from "./records.ts";
import { type FuzzRequest, nextRequest } from "./requests.ts";
import { checkAnswer, checkForeign } from "./secrets.ts";
import { sow } from "./seeds.ts";

/** What is asked, whichever way it goes. */
export type Asked = Pick<FuzzRequest, "asker" | "method" | "url" | "body" | "headers">;
export type Ask = (asked: Asked) => Promise<Answer>;

export interface Target {
  readonly ask: Ask;
  readonly store: Store;
  /** Transactions since it was last emptied; absent where others write too. */
  readonly written?: Transaction[];
}

export interface Outcome {
  readonly statuses: Map<number, number>;
  /** Routes by how often they were asked with success. */
  readonly done: Map<string, number>;
}

/** The store as a whole is looked at after so many requests; FUZZ_AUDIT=1 tells which one spoiled it. */
const AUDIT_EVERY = Number(process.env.FUZZ_AUDIT ?? 500);

function fail(find: Error): never {
  throw find;
}

export class FuzzRun {
  readonly pool: Pool;
  readonly outcome: Outcome = { statuses: new Map(), done: new Map() };
  readonly #target: Target;
  readonly #random: Random;

  readonly #found: (find: Error) => void;
  #known: { revision: number; contents: Contents } | undefined;

  /** `found` may go on where the run else ends, with the first find; runs with one `pool` meet at the same things. */
  constructor(target: Target, seed: number, { found = fail, pool = new Pool() } = {}) {
    this.pool = pool;
    this.#target = target;
    this.#random = new Random(seed);
    this.#found = found;
  }

  async sow(): Promise<void> {
    const resourceOf = (kind: string) => RESOURCES.find((each) => each.kind === kind && each.parent === undefined);
    await sow(
      async (asker, kind, given) => {
        const resource = resourceOf(kind);
        if (resource === undefined) return undefined;
        const { status, body } = await this.#ask(asker, "POST", `/v2.0/${resource.path}`, { [resource.name]: given });
        if (status === 201) this.#keep(resource, asker, body[resource.name], undefined);
        return status === 201 ? body[resource.name].id : undefined;
      },
      (asker, method, url, body) => this.#ask(asker, method, url, body),
    );
  }

  /** `count` requests, one after another. @throws Error with the seed, the request and its answer */
  async play(count: number): Promise<void> {
    for (let at = 1; at <= count; at++) {
      const request = nextRequest(this.#random, this.pool);
      await this.#step(request, at);
      if (at % AUDIT_EVERY === 0 || at === count) await this.#audited(request, at);
    }
  }

  #ask(asker: Asker, method: string, url: string, body: unknown): Promise<Answer> {
    return this.#target.ask({ asker, method, url, body, headers: {} });
  }

  async #step(request: FuzzRequest, at: number): Promise<void> {
    const { written } = this.#target;
    // With other writers, who may know what is not certain.
    const before = written && (await this.#contents());
    if (written) written.length = 0;
    const answer = await this.#target.ask(request);
    this.#count(request, answer);
    try {
      checkForm(request, answer);
      if (before) {
        checkForeign(request, answer, before);
        await this.#checkAnswer(request, answer, before);
      }
      if (written && answer.status >= 400) checkUnwritten(written);
      else if (written) checkOneTransaction(request, written);
    } catch (error) {
      this.#found(this.#told(error, request, at, answer));
    }
    this.#learn(request, answer);
  }

  async #contents(): Promise<Contents> {
    const revision = await this.#target.store.revision();
    if (this.#known?.revision !== revision) this.#known = { revision, contents: await contentsOf(this.#target.store) };
    return this.#known.contents;
  }

  /** A change may itself be what lets its asker know of something. */
  async #checkAnswer(request: FuzzRequest, answer: Answer, before: Contents): Promise<void> {
    try {
      checkAnswer(request, answer, before);
    } catch {
      checkAnswer(request, answer, await this.#contents());
    }
  }

  async #audited(request: FuzzRequest, at: number): Promise<void> {
    try {
      await checkIntegrity(this.#target.store);
    } catch (error) {
      this.#found(this.#told(error, request, at, undefined));
    }
  }

  #told(error: unknown, request: FuzzRequest, at: number, answer: Answer | undefined): Error {
    const { asker, method, url, body, headers } = request;
    const said = answer && `${answer.status} ${answer.text.slice(0, 1000)}`;
    const what = JSON.stringify({ as: asker.token, method, url, headers, body }).slice(0, 3000);
    const reason = error instanceof Error ? error.message : error;
    return new Error(`${reason}\n  seed ${this.#random.seed}, request ${at}: ${what}\n  answer: ${said}`, {
      cause: error,
    });
  }

  #count({ route, method }: FuzzRequest, { status }: Answer): void {
    const { statuses, done } = this.outcome;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 300 || method !== route.method) return;
    const name = `${route.method} ${route.path}`;
    done.set(name, (done.get(name) ?? 0) + 1);
  }

  #learn({ route, asker, method, params, url }: FuzzRequest, { status, body }: Answer): void {
    const { resource } = route;
    if (resource === undefined || status >= 300) return;
    if (method === "DELETE" && status === 204 && !url.includes("/tags"))
      this.pool.remove(decodeURIComponent(params.at(-1) ?? ""));
    if (body === null || body === undefined || (status !== 201 && this.pool.count(resource.kind) > 3)) return;
    const parentId = resource.parent ? params[0] : undefined;
    for (const found of [body[resource.name], ...(body[resource.collection] ?? []).slice(0, 20)]) {
      if (found?.id) this.#keep(resource, asker, found, parentId);
    }
  }

  #keep(
    resource: Resource,
    asker: Asker,
    made: { id: string; project_id?: string; "router:external"?: boolean; device_owner?: string },
    parentId: string | undefined,
  ): void {
    const thing = { id: made.id, project: made.project_id ?? asker.project, parentId };
    this.pool.add(resource.kind, thing);
    if (resource.kind === "network" && made["router:external"]) this.pool.add("external_network", thing);
    if (made.device_owner?.startsWith("compute:")) this.pool.add("compute_port", thing);
  }
}

/** A project's first request makes its default security group, refused or not, as in Neutron. */
const isDefaultGroup = ({ writes }: Transaction): boolean =>
  writes.some(({ key }) => key.startsWith(`${ROOT}unique/default-security-group/`)) &&
  writes.every(({ key }) => !key.startsWith(keys.records("port")));

/** A read writes nothing, a write is one transaction, also of many at once; but these change any number of ports. */
const IN_STEPS = ["DELETE networks/:id", "DELETE subnets/:id", "POST subnets"];

function checkOneTransaction({ route, method }: FuzzRequest, written: readonly Transaction[]): void {
  const own = written.filter((transaction) => !isDefaultGroup(transaction));
  const allowed = method === "GET" ? 0 : 1;
  if (own.length <= allowed || IN_STEPS.includes(`${method} ${route.path}`)) return;
  throw new Error(`${own.length} transactions for one request: ${JSON.stringify(own).slice(0, 1500)}`);
}

function checkUnwritten(written: readonly Transaction[]): void {
  const wrong = written.filter((transaction) => !isDefaultGroup(transaction));
  if (wrong.length > 0) throw new Error(`a refused request has written ${JSON.stringify(wrong).slice(0, 1500)}`);
}
