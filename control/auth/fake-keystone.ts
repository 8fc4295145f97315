/** A stand-in for Keystone over real HTTP, for tests of what a real one does seldom: outages, refusals, odd answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const PASSWORD = "correct horse";

/** Of a token: what differs from a member's of project p. */
export interface FakeToken {
  /** An hour from now without. */
  expiresAt?: number;
  roles?: string[];
  project?: null;
  domain?: { id: string };
  system?: { all: boolean };
  application_credential?: object;
}

export class FakeKeystone {
  readonly tokens = new Map<string, FakeToken>();
  /** Requests as they came: "LOGIN", or "CHECK token" and the query. */
  readonly asked: string[] = [];
  readonly authorizations: string[] = [];
  connections = 0;
  /** Of tokens for the service itself. */
  lifeMs = 3_600_000;
  /** Answers that come instead of the right ones, one request each. */
  readonly instead: ((response: ServerResponse) => void)[] = [];
  readonly #server: Server;
  #own = 0;
  #good = new Set<string>();

  private constructor() {
    this.#server = createServer(
      { maxHeaderSize: 64 * 1024 },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.on("connection", () => this.connections++);
  }

  static async start(): Promise<FakeKeystone> {
    const fake = new FakeKeystone();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(what: string): number {
    return this.asked.filter((each) => each.startsWith(what)).length;
  }

  /** Our token is good no more, as after a change of the service user. */
  revokeOwn(): void {
    this.#good.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const isLogin = request.method === "POST";
    const { searchParams } = new URL(request.url ?? "/", this.url);
    const subject = String(request.headers["x-subject-token"]);
    const flags = searchParams.has("allow_expired") ? " allow_expired" : "";
    this.asked.push(isLogin ? "LOGIN" : `CHECK ${subject}${flags}`);
    const instead = this.instead.shift();
    if (instead !== undefined) return instead(response);
    if (isLogin) return this.#login(Buffer.concat(chunks).toString(), response);
    if (!this.#good.has(String(request.headers["x-auth-token"]))) return reply(response, 401, {});
    const token = this.tokens.get(subject);
    if (token === undefined) return reply(response, 404, { error: { code: 404 } });
    if ((token.expiresAt ?? Number.POSITIVE_INFINITY) <= Date.now() && flags === "") return reply(response, 404, {});
    return reply(response, 200, bodyOf(token));
  }

  #login(text: string, response: ServerResponse): void {
    const password = JSON.parse(text).auth.identity.password.user.password;
    if (password !== PASSWORD) {
      reply(response, 401, { error: { code: 401 } });
      return;
    }
    const token = `own-${++this.#own}`;
    this.#good.add(token);
    const catalog = [
      {
        type: "identity",
        endpoints: [{ interface: "internal", region_id: "here", url: `${this.url}/region` }],
      },
    ];
    const body = bodyOf({ expiresAt: Date.now() + this.lifeMs, roles: ["service"] });
    response.setHeader("x-subject-token", token);
    reply(response, 201, { token: { ...body.token, catalog } });
  }
}

export function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function bodyOf(token: FakeToken) {
  const { expiresAt = Date.now() + 3_600_000, roles = ["member"], project, ...rest } = token;
  const domain = { id: "default", name: "Default" };
  return {
    token: {
      user: { id: "u", name: "User", domain, password_expires_at: null },
      expires_at: new Date(expiresAt).toISOString().replace("Z", "000Z"),
      issued_at: new Date().toISOString(),
      ...(project === null ? {} : { project: { id: "p", name: "Project", domain }, is_domain: false }),
      roles: roles.map((name) => ({ id: `id of ${name}`, name })),
      ...rest,
    },
  };
}
