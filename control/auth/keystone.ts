/**
 * Keystone's tokens, by the rules of keystonemiddleware's auth_token (keystonemiddleware/auth_token/__init__.py).
 * A token without a project is let in, as Neutron does: its roles decide, and what needs an owner is refused by the door.
 */
import type { Authenticator, RequestLine } from "../../api/mod.ts";
import { type Fault, fault } from "../../model/mod.ts";
import type { Log } from "../memory-cache.ts";
import { isAllowed } from "./access-rules.ts";
import { type KeystoneAccount, KeystoneClient, KeystoneUnavailable } from "./keystone-client.ts";
import type { ValidToken } from "./keystone-token.ts";
import { digestOf } from "./token.ts";
import { type CacheLimits, TokenCache } from "./token-cache.ts";

export interface KeystoneAuthOptions {
  account: KeystoneAccount;
  /** Where clients get tokens: goes into WWW-Authenticate. */
  wwwAuthenticateUri: string;
  cache?: Partial<CacheLimits>;
  /** A service with one of these roles may hand on a user's token that has expired meanwhile. */
  serviceRoles?: readonly string[];
  /** Refuses X-Service-Token without such a role; else it lets through, and is good for nothing. */
  serviceTokenRolesRequired?: boolean;
  log: Log;
}

type Headers = Record<string, string | string[] | undefined>;

/** The type of our service in catalogues and access rules. */
const SERVICE_TYPE = "network";
const TOKEN_LIMIT = 16 * 1024;
/** An outage is told once, and again after this time, not with every request. */
const REPEAT_LOG_MS = 30_000;

export class KeystoneAuth implements Authenticator {
  readonly #client: KeystoneClient;
  readonly #cache: TokenCache<ValidToken>;
  readonly #serviceRoles: ReadonlySet<string>;
  readonly #isServiceRoleRequired: boolean;
  readonly #uri: string;
  readonly #log: Log;
  #isClosed = false;
  #trouble: { reason: string; toldAt: number } | undefined;

  constructor(options: KeystoneAuthOptions) {
    this.#client = new KeystoneClient(options.account);
    this.#cache = new TokenCache({ seconds: 300, entries: 10_000, ...options.cache });
    this.#serviceRoles = new Set(options.serviceRoles ?? ["service"]);
    this.#isServiceRoleRequired = options.serviceTokenRolesRequired ?? false;
    this.#uri = options.wwwAuthenticateUri;
    this.#log = options.log;
  }

  /** Whether our own login works is told at the start already; requests find out for themselves. */
  async tellWhetherUsable(): Promise<void> {
    await this.#asking(() => this.#client.login()).then(
      () => this.#log.info({}, "Keystone answers"),
      () => {},
    );
  }

  async authenticate(headers: Headers, requestId: string, request?: RequestLine) {
    const serviceToken = textOf(headers["x-service-token"]);
    const service = serviceToken === undefined ? undefined : await this.#service(serviceToken);
    const isFromService = service !== undefined && this.#isService(service);
    const userToken = textOf(headers["x-auth-token"]) ?? textOf(headers["x-storage-token"]);
    const user = await this.#token(userToken, isFromService);
    if (!mayAsk(user, isFromService, request)) throw this.#unauthorized();
    if (service === undefined) return { requestId, ...user.who };
    return { requestId, ...user.who, identity: { ...user.who.identity, serviceUser: service.who.userId } };
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  /** @throws Fault Unauthorized: an invalid service token spoils a good user's token */
  async #service(token: string): Promise<ValidToken> {
    const service = await this.#token(token, false);
    if (this.#isServiceRoleRequired && !this.#isService(service)) throw this.#unauthorized();
    return service;
  }

  #isService({ who }: ValidToken): boolean {
    return who.roles.some((role) => this.#serviceRoles.has(role));
  }

  /** @throws Fault Unauthorized, ServiceUnavailable */
  async #token(token: string | undefined, allowExpired: boolean): Promise<ValidToken> {
    // Nothing else is a token, and would be no good header of our own request either.
    if (token === undefined || token.length > TOKEN_LIMIT || !/^[\x21-\x7e]+$/.test(token)) throw this.#unauthorized();
    const key = digestOf(token);
    const valid = this.#cache.get(key) ?? (await this.#validated(key, token, allowExpired));
    if (valid === undefined || (valid.expiresAt <= Date.now() && !allowExpired)) throw this.#unauthorized();
    return valid;
  }

  #validated(key: string, token: string, allowExpired: boolean): Promise<ValidToken | undefined> {
    const question = allowExpired ? "allow_expired" : "";
    return this.#asking(() => this.#cache.load(key, question, () => this.#client.validate(token, allowExpired)));
  }

  /** @throws Fault ServiceUnavailable, whose reason is in the log only */
  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      if (this.#trouble !== undefined) this.#log.info({}, "Keystone answers again");
      this.#trouble = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof KeystoneUnavailable)) throw error;
      this.#tellTrouble(error.message);
      throw fault("ServiceUnavailable", { msg: "The Keystone service is temporarily unavailable." });
    }
  }

  #tellTrouble(reason: string): void {
    const now = Date.now();
    const { reason: last, toldAt = 0 } = this.#trouble ?? {};
    if (this.#isClosed || (reason === last && now - toldAt < REPEAT_LOG_MS)) return;
    this.#trouble = { reason, toldAt: now };
    this.#log.warn({ reason }, "tokens cannot be validated: requests with one that is not in the cache get 503");
  }

  #unauthorized(): Fault {
    return fault("Unauthorized", { msg: "The request you have made requires authentication.", uri: this.#uri });
  }
}

const textOf = (value: string | string[] | undefined): string | undefined => {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? undefined : text;
};

/**
 * keystonemiddleware lets any valid service token lift access rules, so that users could lift their own with a second
 * token; here it takes a service's.
 */
function mayAsk({ accessRules }: ValidToken, isFromService: boolean, request: RequestLine | undefined): boolean {
  if (accessRules === undefined || isFromService) return true;
  return request !== undefined && isAllowed(accessRules, SERVICE_TYPE, request);
}
