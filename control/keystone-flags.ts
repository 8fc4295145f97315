/** The flags of `--auth keystone`: the settings of keystonemiddleware's [keystone_authtoken], under names that say whose. */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { KeystoneAuthOptions } from "./auth/mod.ts";
import type { Log } from "./memory-cache.ts";

export interface KeystoneFlags {
  keystoneUrl?: string;
  keystoneWwwAuthenticateUri?: string;
  keystoneUser?: string;
  keystoneUserDomain: string;
  keystoneProject: string;
  keystoneProjectDomain: string;
  keystonePasswordFile?: string;
  keystoneRegion?: string;
  keystoneCafile?: string;
  keystoneInsecure?: true;
  keystoneTokenCache: number;
  keystoneServiceRoles: string[];
  keystoneServiceTokenRolesRequired?: true;
}

export function addKeystoneFlags(command: Command): Command {
  return command
    .option("--keystone-url <url>", "where this control node asks, for --auth keystone, as http://HOST:5000/v3", webUrl)
    .option("--keystone-www-authenticate-uri <url>", "where clients get tokens (default: --keystone-url)", webUrl)
    .option("--keystone-user <name>", "the service user, with the role service, whose login validates tokens")
    .option("--keystone-user-domain <name>", "its domain", "Default")
    .option("--keystone-project <name>", "the project in which it has the role", "service")
    .option("--keystone-project-domain <name>", "that project's domain", "Default")
    .option("--keystone-password-file <file>", "holds its password; read at each login")
    .option("--keystone-region <name>", "validate at the internal identity endpoint of this region's catalogue")
    .option("--keystone-cafile <file>", "PEM of the authorities that may sign Keystone's certificate")
    .option("--keystone-insecure", "take any certificate")
    .option("--keystone-token-cache <seconds>", "how long a revoked token may still be good", seconds, 300)
    .option("--keystone-service-roles <role,...>", "who may hand on expired tokens", list, ["service"])
    .option("--keystone-service-token-roles-required", "refuse a service token without such a role");
}

/** @throws Error that names every flag which is missing, or the file that cannot be used */
export async function keystoneOptions(
  flags: KeystoneFlags,
  log: Log,
  wantedBy = "--auth keystone",
): Promise<KeystoneAuthOptions> {
  const { keystoneUrl, keystoneUser, keystonePasswordFile } = flags;
  if (keystoneUrl === undefined || keystoneUser === undefined || keystonePasswordFile === undefined) {
    const missing = [
      ...(keystoneUrl === undefined ? ["--keystone-url URL"] : []),
      ...(keystoneUser === undefined ? ["--keystone-user NAME"] : []),
      ...(keystonePasswordFile === undefined ? ["--keystone-password-file FILE"] : []),
    ];
    throw new Error(`${wantedBy} needs ${missing.join(", ")}`);
  }
  const password = () => readPassword(keystonePasswordFile);
  await password();
  return {
    account: {
      url: keystoneUrl,
      user: keystoneUser,
      userDomain: flags.keystoneUserDomain,
      project: flags.keystoneProject,
      projectDomain: flags.keystoneProjectDomain,
      password,
      ...(flags.keystoneRegion === undefined ? {} : { region: flags.keystoneRegion }),
      tls: {
        ...(flags.keystoneCafile === undefined ? {} : { ca: await readFile(flags.keystoneCafile, "utf8") }),
        insecure: flags.keystoneInsecure ?? false,
      },
    },
    wwwAuthenticateUri: flags.keystoneWwwAuthenticateUri ?? keystoneUrl,
    cache: { seconds: flags.keystoneTokenCache },
    serviceRoles: flags.keystoneServiceRoles,
    serviceTokenRolesRequired: flags.keystoneServiceTokenRolesRequired ?? false,
    log,
  };
}

/** Without the line's end, which editors add. */
async function readPassword(file: string): Promise<string> {
  const password = (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  if (password === "") throw new Error(`${file} must hold the password of the Keystone user`);
  return password;
}

export function webUrl(text: string): string {
  const url = URL.parse(text);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  // A quote would end the value in WWW-Authenticate; a password would get into logs.
  if (isWeb && url.username === "" && url.password === "" && !/["\s]/.test(text)) return text;
  throw new InvalidArgumentError("It is not an http or https address, as http://controller:5000/v3.");
}

function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a number of seconds; 0 asks Keystone for every request.");
}

const list = (text: string): string[] => text.split(",").filter((each) => each !== "");
