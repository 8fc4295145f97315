/**
 * Keystone's v3 API as far as a service needs it: a token of its own, and what Keystone says of other tokens.
 * The rules are those of keystonemiddleware/auth_token/_identity.py and of keystoneauth1's password plugin.
 */
import { JsonHttp, type JsonReply, type TlsOptions } from "./json-http.ts";
import { parseToken, type ValidToken } from "./keystone-token.ts";

export interface KeystoneAccount {
  /** With or without /v3. */
  url: string;
  user: string;
  userDomain: string;
  project: string;
  projectDomain: string;
  /** Asked at each login, so that a new password is taken without a restart. */
  password(): Promise<string>;
  /** Takes the internal identity endpoint of this region's catalogue for validations, instead of `url`. */
  region?: string;
  tls?: TlsOptions;
}

/** Keystone cannot be asked, or will not answer us. Its text is good for a log: it has no secret. */
export class KeystoneUnavailable extends Error {
  override readonly name = "KeystoneUnavailable";
}

interface OwnToken {
  token: string;
  renewAt: number;
  /** Where tokens are validated. */
  endpoint: string;
}

/** keystoneauth1's MIN_TOKEN_LIFE_SECONDS; half of its life for a token that does not live as long. */
const RENEW_BEFORE_MS = 120_000;
/** A refused login is not repeated for this time: Keystone may lock a user out after some failures. */
const REFUSED_MS = 2_000;
/** What is wrong is the token asked about: unknown, or too long for Keystone or the web server before it. */
const NOT_A_TOKEN = new Set([400, 404, 413, 414, 431]);

export class KeystoneClient {
  readonly #account: KeystoneAccount;
  readonly #url: string;
  readonly #http: JsonHttp;
  #own: OwnToken | undefined;
  #login: Promise<OwnToken> | undefined;
  #refused: { error: KeystoneUnavailable; until: number } | undefined;

  constructor(account: KeystoneAccount) {
    this.#account = account;
    this.#url = versioned(account.url);
    this.#http = new JsonHttp(account.tls ?? {});
  }

  /** Undefined for a token that Keystone does not know, any more. @throws KeystoneUnavailable */
  async validate(token: string, allowExpired: boolean): Promise<ValidToken | undefined> {
    for (let isFirst = true; ; isFirst = false) {
      const own = await this.#ownToken();
      const reply = await this.#ask({
        method: "GET",
        url: `${own.endpoint}/auth/tokens?nocatalog${allowExpired ? "&allow_expired=1" : ""}`,
        // Without the last, Keystone denies to know tokens with access rules.
        headers: { "x-auth-token": own.token, "x-subject-token": token, "openstack-identity-access-rules": "1" },
      });
      if (reply.status === 200) return asUnavailable(() => parseToken(reply.body));
      if (NOT_A_TOKEN.has(reply.status)) return undefined;
      // Our own token was revoked, or Keystone has new keys: another one, once.
      if (this.#own === own) this.#own = undefined;
      if (reply.status !== 401 || !isFirst) throw this.#refusal(reply.status);
    }
  }

  /** The service's own token, for requests to other services. @throws KeystoneUnavailable */
  async token(): Promise<string> {
    return (await this.#ownToken()).token;
  }

  /** Another service refused our token: the next one is a new one. */
  dropToken(token: string): void {
    if (this.#own?.token === token) this.#own = undefined;
  }

  /** Logs in if that is due. @throws KeystoneUnavailable */
  async login(): Promise<void> {
    await this.#ownToken();
  }

  close(): void {
    this.#http.close();
  }

  async #ownToken(): Promise<OwnToken> {
    if (this.#own !== undefined && Date.now() < this.#own.renewAt) return this.#own;
    if (this.#refused !== undefined && Date.now() < this.#refused.until) throw this.#refused.error;
    this.#login ??= this.#newToken().finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  async #newToken(): Promise<OwnToken> {
    const { user, userDomain, project, projectDomain, region } = this.#account;
    const password = await this.#account.password().catch((error: Error) => {
      throw new KeystoneUnavailable(`the password for Keystone cannot be read: ${error.message}`);
    });
    const account = { name: user, domain: { name: userDomain }, password };
    const identity = { methods: ["password"], password: { user: account } };
    const scope = { project: { name: project, domain: { name: projectDomain } } };
    const url = `${this.#url}/auth/tokens${region === undefined ? "?nocatalog" : ""}`;
    const reply = await this.#ask({ method: "POST", url, headers: {}, body: { auth: { identity, scope } } });
    const token = reply.header("x-subject-token");
    if (reply.status !== 201 || token === "") throw this.#loginRefused(reply.status);
    const now = Date.now();
    const { expiresAt } = asUnavailable(() => parseToken(reply.body));
    const endpoint = region === undefined ? this.#url : endpointIn(reply, region);
    this.#own = { token, renewAt: expiresAt - Math.min(RENEW_BEFORE_MS, (expiresAt - now) / 2), endpoint };
    return this.#own;
  }

  #loginRefused(status: number): KeystoneUnavailable {
    if (status !== 401) return new KeystoneUnavailable(`Keystone at ${this.#url} answers our login with ${status}`);
    const { user, userDomain, project, projectDomain } = this.#account;
    const who = `user ${user} of domain ${userDomain} in project ${project} of domain ${projectDomain}`;
    const error = new KeystoneUnavailable(
      `Keystone at ${this.#url} refuses our login as ${who}: are they, and the password, right?`,
    );
    this.#refused = { error, until: Date.now() + REFUSED_MS };
    return error;
  }

  #refusal(status: number): KeystoneUnavailable {
    const hint = status === 403 ? `: user ${this.#account.user} needs the role service in its project` : "";
    return new KeystoneUnavailable(`Keystone at ${this.#url} answers the validation of a token with ${status}${hint}`);
  }

  #ask(request: Parameters<JsonHttp["request"]>[0]): Promise<JsonReply> {
    return this.#http.request(request).catch((error: NodeJS.ErrnoException) => {
      // Where a name has several addresses, the error has a code only.
      const reason = error.message || error.code;
      throw new KeystoneUnavailable(`Keystone at ${new URL(request.url).origin} cannot be reached: ${reason}`);
    });
  }
}

function versioned(url: string): string {
  const bare = url.replace(/\/+$/, "");
  return bare.endsWith("/v3") ? bare : `${bare}/v3`;
}

function asUnavailable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new KeystoneUnavailable((error as Error).message);
  }
}

interface Catalogue {
  token?: { catalog?: { type?: string; endpoints?: { interface?: string; region_id?: string; url?: string }[] }[] };
}

function endpointIn({ body }: JsonReply, region: string): string {
  const identity = (body as Catalogue).token?.catalog?.find(({ type }) => type === "identity");
  const endpoint = identity?.endpoints?.find((each) => each.interface === "internal" && each.region_id === region);
  if (endpoint?.url !== undefined && URL.canParse(endpoint.url)) return versioned(endpoint.url);
  throw new KeystoneUnavailable(`Keystone's catalogue has no internal identity endpoint in region ${region}`);
}
