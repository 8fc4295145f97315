import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { JsonHttp, type TlsOptions } from "./json-http.ts";

/** Signed by itself, for 127.0.0.1, from 2020 to 2120; of no use for anything else. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgD/gV4pUyqidt5Z4y
0zORyc+D4QhNQNxSpUs6cYtG4/ihRANCAATRV3aMK+bVp3VEOB0NBB1g0W5DslKP
kvSJ8iD8gs7sA8m3NmL3pGUjKfHY6IEa8JiX7dCktU8WjXxieEJab6oB
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBMjCB2aADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcN
MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATRV3aMK+bVp3VEOB0NBB1g0W5DslKP
kvSJ8iD8gs7sA8m3NmL3pGUjKfHY6IEa8JiX7dCktU8WjXxieEJab6oBoyQwIjAP
BgNVHREECDAGhwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAw
RQIgO0eQy+9cfTYfHvlyy1+thv2Oy1Aoeai39LCkPl/v5usCIQDqD4NiGGBh1cgG
3/H1hBxmoRN9HFHlxUCna3gZRwWT8A==
-----END CERTIFICATE-----`;

describe("a server's certificate", () => {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => response.end('{"a":1}'));
  before(async () => once(server.listen(0, "127.0.0.1"), "listening"));
  after(() => server.close());

  const ask = async (tls: TlsOptions, host = "127.0.0.1") => {
    const http = new JsonHttp(tls);
    const url = `https://${host}:${(server.address() as AddressInfo).port}`;
    return http.request({ method: "GET", url, headers: {} }).finally(() => http.close());
  };

  it("is taken if its authority is among ours", async () => {
    const { status, body, header } = await ask({ ca: CERTIFICATE });
    assert.deepEqual([status, body, header("x-none")], [200, { a: 1 }, ""]);
  });
  it("is refused if it is not", () => assert.rejects(ask({}), /self-signed certificate/));
  it("is refused for another name", () => assert.rejects(ask({ ca: CERTIFICATE }, "localhost"), /altnames/));
  it("is not looked at on demand", async () => assert.equal((await ask({ insecure: true })).status, 200));
});
