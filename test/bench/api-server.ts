/** A server under test: Cable or the real Neutron, asked by the same program with tokens of the same Keystone. */
export interface ApiServer {
  readonly name: "Cable" | "Neutron";
  readonly port: number;
  /** Tokens of a member of the project `projectId`, and of an administrator. */
  readonly member: string;
  readonly admin: string;
  readonly projectId: string;
  readonly startSeconds: number;
  /** One call, for what is not measured. @throws Error for any status from 400 */
  call(method: string, path: string, token: string, body?: unknown): Promise<unknown>;
  /** Its processes by their part in it. */
  processes(): Readonly<Record<string, readonly number[]>>;
  stop(): Promise<void>;
}

export interface Tokens {
  member: string;
  admin: string;
  projectId: string;
}

export function caller(port: number): ApiServer["call"] {
  return async (method, path, token, body) => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "x-auth-token": token, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${text.slice(0, 300)}`);
    return text === "" ? null : JSON.parse(text);
  };
}
