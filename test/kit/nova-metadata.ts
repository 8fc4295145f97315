/**
 * Nova's metadata API as far as guests' agents and a host's see it: checks a request's signature and answers as Nova does
 * (nova/api/metadata/base.py), with what it was told of the guest. A program of its own, since it listens in a host's
 * namespace: nova-metadata.ts PORT SECRET [USER_DATA_FILE].
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";

const [port = "", secret = "", userDataFile] = process.argv.slice(2);
const userData = userDataFile === undefined ? undefined : readFileSync(userDataFile);

const OPENSTACK_VERSIONS = ["2012-08-10", "2013-04-04", "2015-10-15", "2017-02-22", "2018-08-27", "latest"];
const EC2_VERSIONS = ["1.0", "2007-12-15", "2008-09-01", "2009-04-04", "latest"];

interface Guest {
  instance: string;
  tenant: string;
  ip: string;
}
/** JSON, text, or nothing there. */
type Content = Record<string, unknown> | string | Buffer | undefined;

/** Of one version of OpenStack's own tree. */
function openstack(name: string, guest: Guest): Content {
  switch (name) {
    case "":
      return ["meta_data.json", ...(userData ? ["user_data"] : []), "vendor_data.json", "network_data.json"].join("\n");
    case "meta_data.json":
      return { ...guest, uuid: guest.instance, hostname: `${guest.instance}.novalocal`, project_id: guest.tenant };
    case "user_data":
      return userData;
    case "vendor_data.json":
    case "vendor_data2.json":
      return {};
    case "network_data.json":
      return { links: [], networks: [], services: [] };
    default:
      return undefined;
  }
}

/** Of one version of EC2's tree; a list's entries that end in a slash are lists. */
function ec2(path: string, { instance, ip }: Guest): Content {
  const items: Record<string, string> = {
    "ami-id": "ami-00000001",
    hostname: `${instance}.novalocal`,
    "instance-id": `i-${instance}`,
    "local-hostname": `${instance}.novalocal`,
    "local-ipv4": ip,
    "placement/availability-zone": "nova",
  };
  if (path === "" || path === "/") return "meta-data/\nuser-data";
  if (path === "user-data") return userData;
  const name = /^meta-data\/?(.*)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const directory = name === "" || name.endsWith("/") ? name : `${name}/`;
  const below = Object.keys(items).filter((each) => each.startsWith(directory));
  const entries = below.map((each) => each.slice(directory.length).replace(/\/.*/, "/"));
  return items[name] ?? (entries.length > 0 ? [...new Set(entries)].join("\n") : undefined);
}

function contentOf(path: string, guest: Guest): Content {
  if (path === "/openstack" || path === "/openstack/") return OPENSTACK_VERSIONS.join("\n");
  if (path === "/" || path === "") return EC2_VERSIONS.join("\n");
  const [, version = "", rest = ""] = /^\/(?:openstack\/)?([^/]+)\/?(.*)$/.exec(path) ?? [];
  if (path.startsWith("/openstack/")) return OPENSTACK_VERSIONS.includes(version) ? openstack(rest, guest) : undefined;
  return EC2_VERSIONS.includes(version) ? ec2(rest, guest) : undefined;
}

const isSigned = (headers: IncomingHttpHeaders) =>
  createHmac("sha256", secret)
    .update(String(headers["x-instance-id"] ?? ""))
    .digest("hex") === headers["x-instance-id-signature"];

const server = createServer(({ url = "", headers }, response) => {
  const told = (name: string) => String(headers[name] ?? "");
  if (!isSigned(headers)) {
    response.writeHead(403).end("Invalid proxy request signature.\n");
    return;
  }
  const guest = { instance: told("x-instance-id"), tenant: told("x-tenant-id"), ip: told("x-forwarded-for") };
  const content = contentOf(url.replace(/\?.*/, ""), guest);
  if (content === undefined) response.writeHead(404).end("Not Found\n");
  else if (typeof content === "string" || Buffer.isBuffer(content))
    response.writeHead(200, { "content-type": "text/plain" }).end(content);
  else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ...content, path: url }));
});
server.listen(Number(port), "127.0.0.1");
