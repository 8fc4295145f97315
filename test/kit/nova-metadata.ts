/**
 * Nova's metadata API as far as a host's agent sees it: checks a request's signature and answers what it was told of the
 * guest, as JSON. A program of its own, since it listens in a host's namespace: nova-metadata.ts PORT SECRET.
 */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";

const [port = "", secret = ""] = process.argv.slice(2);
const server = createServer((request, response) => {
  const told = (name: string) => String(request.headers[name] ?? "");
  const signature = createHmac("sha256", secret).update(told("x-instance-id")).digest("hex");
  if (signature !== told("x-instance-id-signature")) {
    response.writeHead(403).end("Invalid proxy request signature.\n");
    return;
  }
  const guest = { instance: told("x-instance-id"), tenant: told("x-tenant-id"), ip: told("x-forwarded-for") };
  response
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ ...guest, path: request.url, agent: told("user-agent") }));
});
server.listen(Number(port), "127.0.0.1");
