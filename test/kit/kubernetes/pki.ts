/** A cluster's authority, and the credentials that it signs. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../run.ts";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = ["-days", "2"];

export interface Credentials {
  certificate: string;
  key: string;
}

export class Pki {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the authority, in a directory that is there. */
  static async make(directory: string): Promise<Pki> {
    const pki = new Pki(directory);
    const usage = "keyUsage=critical,digitalSignature,keyCertSign,cRLSign";
    await pki.#request("ca", ["-subj", "/CN=lab", "-addext", usage]);
    await must(["openssl", "genrsa", "-out", pki.serviceAccountKey, "2048"]);
    return pki;
  }

  get authority(): Credentials {
    return this.#files("ca");
  }

  /** Signs service accounts' tokens. */
  get serviceAccountKey(): string {
    return join(this.#directory, "service-accounts.key");
  }

  /** `subject` as "/O=group/CN=user"; `names` as "IP:127.0.0.1,DNS:kubernetes" for a server's. */
  async issue(name: string, subject: string, names?: string): Promise<Credentials> {
    const usage = names === undefined ? "clientAuth" : "serverAuth";
    const { certificate, key } = this.authority;
    await this.#request(name, [
      ...["-CA", certificate, "-CAkey", key, "-subj", subject],
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `extendedKeyUsage=${usage}`],
      ...(names === undefined ? [] : ["-addext", `subjectAltName=${names}`]),
    ]);
    return this.#files(name);
  }

  /** Writes a kubeconfig for `subject`; returns its path. */
  async kubeconfig(name: string, subject: string, server: string): Promise<string> {
    const { certificate, key } = await this.issue(name, subject);
    const [ca, cert, secret] = await Promise.all(
      [this.authority.certificate, certificate, key].map((file) => readFile(file, "base64")),
    );
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "lab", cluster: { server, "certificate-authority-data": ca } }],
      users: [{ name, user: { "client-certificate-data": cert, "client-key-data": secret } }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: name } }],
      "current-context": "lab",
    };
    const file = join(this.#directory, `${name}.kubeconfig`);
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  #files(name: string): Credentials {
    return { certificate: join(this.#directory, `${name}.crt`), key: join(this.#directory, `${name}.key`) };
  }

  async #request(name: string, more: readonly string[]): Promise<void> {
    const { certificate, key } = this.#files(name);
    await must(["openssl", "req", "-x509", ...KEY, ...DAYS, "-keyout", key, "-out", certificate, ...more]);
  }
}
