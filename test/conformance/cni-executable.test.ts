/**
 * The CNI executable as a container runtime sees it (CNI SPEC 1.1.0), with a fake agent on a unix socket. Run twice
 * over: the program as it ships, and one that ends itself on any overflow or undefined behaviour.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createRawServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { buildCni, SANITIZED } from "../../tools/build-cni.ts";
import { edited, generator, mutated, noise } from "./mutate.ts";

type Body = Record<"command" | "containerId" | "netns" | "ifname" | "args" | "path" | "config", string>;
type Answer = { status?: number; body?: string };
interface Run {
  exit: number | null;
  out: string;
  complaint: string;
  ms: number;
}

const CONFIG = '{"cniVersion":"1.1.0","name":"net","type":"cable"}';
const CONTAINER = { CNI_CONTAINERID: "c1", CNI_NETNS: "/run/netns/c1", CNI_IFNAME: "eth0", CNI_PATH: "/opt/cni/bin" };
const VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

for (const [kind, flags] of [
  ["as it ships", undefined],
  ["with sanitizers", SANITIZED],
] as const) {
  suite(`the CNI executable ${kind}`, { concurrency: false }, () => {
    const dir = mkdtempSync(join(tmpdir(), "cb7-cni-"));
    const executable = join(dir, "cable");
    const socket = join(dir, "agent.sock");
    let agent: Server;
    let requests: { url: string | undefined; method: string | undefined; body: string }[] = [];
    let answer: (body: Body) => Answer = () => ({});

    before(async () => {
      buildCni(executable, flags);
      agent = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks).toString("utf8");
          requests.push({ url: request.url, method: request.method, body });
          const { status = 200, body: text = "" } = answer(JSON.parse(body) as Body);
          response.writeHead(status, { "content-type": "application/json" });
          response.end(text);
        });
      });
      await new Promise<void>((resolve) => agent.listen(socket, resolve));
    });
    after(async () => {
      await new Promise((resolve) => agent.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    });

    /** Runs the plugin as a runtime does; the environment is exactly what is given. */
    function run(
      env: Record<string, string>,
      stdin: string | Buffer = CONFIG,
      command: [string, ...string[]] = [executable],
    ): Promise<Run> {
      const began = performance.now();
      const [file, ...args] = command;
      const child = spawn(file, args, { env: { CABLE_SOCKET: socket, ...env } });
      const out: Buffer[] = [];
      let complaint = "";
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      child.stdin.on("error", () => undefined); // it may have answered before it read all
      child.stdin.end(stdin);
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (exit) =>
          resolve({ exit, out: Buffer.concat(out).toString("utf8"), complaint, ms: performance.now() - began }),
        );
      });
    }

    function reset(next: (body: Body) => Answer): void {
      requests = [];
      answer = next;
    }

    function assertError(result: Run, code: number, version = "1.1.0"): { msg: string; details?: string } {
      assert.equal(result.exit, 1, result.complaint);
      const error = JSON.parse(result.out);
      assert.equal(error.code, code, result.out);
      assert.equal(error.cniVersion, version);
      assert.ok(error.msg.length > 0);
      return error;
    }

    for (const [command, since] of [
      ["ADD", 0],
      ["DEL", 0],
      ["CHECK", 2],
      ["GC", 4],
      ["STATUS", 4],
    ] as const) {
      for (const [index, version] of VERSIONS.entries()) {
        const config = `{"cniVersion": "${version}", "name": "net", "type": "cable"}`;
        const env = { CNI_COMMAND: command, ...CONTAINER, CNI_ARGS: "K8S_POD_NAME=a;CABLE_PORT=p" };
        if (index < since) {
          test(`${command} is refused with code 1 for cniVersion ${version}, which lacks it`, async () => {
            reset(() => ({}));
            assertError(await run(env, config), 1, version);
            assert.equal(requests.length, 0);
          });
          continue;
        }
        test(`${command} of ${version} hands all to the agent and prints its result as it is`, async () => {
          const body = command === "ADD" ? `{"cniVersion":"${version}",  "interfaces":[]}` : "";
          reset(() => ({ body }));
          const result = await run(env, config);
          assert.deepEqual([result.exit, result.out, result.complaint], [0, body, ""]);
          assert.equal(requests.length, 1);
          assert.deepEqual([requests[0]?.method, requests[0]?.url], ["POST", "/v1/cni"]);
          assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), {
            command,
            containerId: "c1",
            netns: "/run/netns/c1",
            ifname: "eth0",
            args: "K8S_POD_NAME=a;CABLE_PORT=p",
            path: "/opt/cni/bin",
            config,
          });
        });
        test(`${command} of ${version} prints the agent's error object and fails`, async () => {
          const body = `{"cniVersion":"${version}","code":7,"msg":"no"}`;
          reset(() => ({ status: 400, body }));
          const result = await run(env, config);
          assert.deepEqual([result.exit, result.out], [1, body]);
        });
      }
    }

    for (const [stdin, version] of [
      [CONFIG, "1.1.0"],
      ['{"cniVersion":"0.3.1"}', "0.3.1"],
      ['{"cniVersion":"9.9.9"}', "9.9.9"],
      ["", "1.1.0"],
    ] as const) {
      test(`VERSION answers by itself for ${stdin || "no configuration"}`, async () => {
        reset(() => ({}));
        const result = await run({ CNI_COMMAND: "VERSION" }, stdin);
        assert.equal(result.exit, 0);
        assert.deepEqual(JSON.parse(result.out), { cniVersion: version, supportedVersions: VERSIONS });
        assert.equal(requests.length, 0);
      });
    }

    for (const [what, env, code] of [
      ["no command", {}, 4],
      ["an empty command", { CNI_COMMAND: "" }, 4],
      ["an unknown command", { CNI_COMMAND: "add" }, 4],
      ["ADD without a container id", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_CONTAINERID: "" }, 4],
      ["ADD without a namespace", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_NETNS: "" }, 4],
      ["ADD without an interface name", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_IFNAME: "" }, 4],
      ["DEL without a container id", { CNI_COMMAND: "DEL", CNI_IFNAME: "eth0" }, 4],
      ["CHECK without a namespace", { CNI_COMMAND: "CHECK", ...CONTAINER, CNI_NETNS: "" }, 4],
      ["GC without a path", { CNI_COMMAND: "GC" }, 4],
      ["a container id with a slash", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_CONTAINERID: "../x" }, 4],
      ["a container id that starts with a dash", { CNI_COMMAND: "DEL", ...CONTAINER, CNI_CONTAINERID: "-x" }, 4],
      ["an interface name of 16 bytes", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_IFNAME: "e".repeat(16) }, 4],
      ["an interface name with a space", { CNI_COMMAND: "ADD", ...CONTAINER, CNI_IFNAME: "e 0" }, 4],
      ['the interface name ".."', { CNI_COMMAND: "ADD", ...CONTAINER, CNI_IFNAME: ".." }, 4],
      ["a socket path too long", { CNI_COMMAND: "ADD", ...CONTAINER, CABLE_SOCKET: `/${"s".repeat(200)}` }, 7],
    ] as [string, Record<string, string>, number][]) {
      test(`${what} is code ${code}`, async () => {
        reset(() => ({}));
        assertError(await run(env), code);
        assert.equal(requests.length, 0);
      });
    }

    for (const [what, stdin] of [
      ["nothing", ""],
      ["a truncated object", '{"cniVersion":"1.1.0"'],
      ["an array", "[]"],
      ["a string", '"x"'],
      ["two objects", "{}{}"],
      ["a comma too many", '{"a":1,}'],
      ["a leading zero", '{"a":01}'],
      ["a bare control character", '{"a":"\n"}'],
      ["a NUL", '{"a":\0}'],
      ["a bad escape", '{"a":"\\x"}'],
      ["a cut \\u escape", '{"a":"\\u12"}'],
      ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ["an overlong UTF-8 sequence", Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
      ["a thousand levels", `{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`],
      ["more than a mebibyte", `{"a":"${"x".repeat(1 << 20)}"}`],
    ] as [string, string | Buffer][]) {
      test(`a configuration of ${what} is code 6`, async () => {
        reset(() => ({}));
        assertError(await run({ CNI_COMMAND: "ADD", ...CONTAINER }, stdin), 6);
        assert.equal(requests.length, 0);
      });
    }

    test("an unsupported cniVersion is code 1 and says which are supported", async () => {
      const error = assertError(await run({ CNI_COMMAND: "ADD", ...CONTAINER }, '{"cniVersion":"0.2.0"}'), 1, "0.2.0");
      assert.match(error.details ?? "", /0\.3\.0.*1\.1\.0/);
    });

    test("odd but valid JSON reaches the agent to the byte", async () => {
      const config =
        ' {"a":[1,-0.5e+3,true,null,{}],"b":{"cniVersion":7},"c":"\\ud83d\\ude00 \\u0000 é 😀 \\ud800",' +
        '"cniVersion":"1.1.0"}\n';
      reset(() => ({ body: "{}" }));
      assert.equal((await run({ CNI_COMMAND: "ADD", ...CONTAINER }, config)).exit, 0);
      assert.equal((JSON.parse(requests[0]?.body ?? "") as Body).config, config);
    });

    test("bytes in the environment that are not UTF-8 arrive as U+FFFD", async () => {
      reset(() => ({ body: "{}" }));
      const shell: [string, ...string[]] = ["/bin/sh", "-c", `CNI_ARGS=$(printf 'a\\377b\\303') exec ${executable}`];
      assert.equal((await run({ CNI_COMMAND: "ADD", ...CONTAINER }, CONFIG, shell)).exit, 0);
      assert.equal((JSON.parse(requests[0]?.body ?? "") as Body).args, "a\ufffdb\ufffd");
    });

    test("control characters in the environment arrive as they are", async () => {
      reset(() => ({ body: "{}" }));
      const args = 'A="\\\u0001\t\n\u007f é 😀';
      assert.equal((await run({ CNI_COMMAND: "ADD", ...CONTAINER, CNI_ARGS: args })).exit, 0);
      assert.equal((JSON.parse(requests[0]?.body ?? "") as Body).args, args);
    });

    test("a large configuration and a large result pass whole", async () => {
      const config = JSON.stringify({ cniVersion: "1.1.0", filler: "é".repeat(500_000) });
      const body = JSON.stringify({ cniVersion: "1.1.0", filler: "x".repeat(2_000_000) });
      reset(() => ({ body }));
      const result = await run({ CNI_COMMAND: "ADD", ...CONTAINER }, config);
      assert.equal(result.exit, 0, result.complaint);
      assert.equal(result.out, body);
      assert.equal((JSON.parse(requests[0]?.body ?? "") as Body).config, config);
    });

    test("the socket is the configuration's unless CABLE_SOCKET names one", async () => {
      reset(() => ({ body: "{}" }));
      const config = JSON.stringify({ cniVersion: "1.1.0", socket });
      assert.equal((await run({ CNI_COMMAND: "ADD", ...CONTAINER, CABLE_SOCKET: "" }, config)).exit, 0);
      const wrong = JSON.stringify({ cniVersion: "1.1.0", socket: "/nowhere" });
      assert.equal((await run({ CNI_COMMAND: "ADD", ...CONTAINER }, wrong)).exit, 0);
      assert.equal(requests.length, 2);
      const empty = JSON.stringify({ cniVersion: "1.1.0", socket: "a\0b" });
      assertError(await run({ CNI_COMMAND: "ADD", ...CONTAINER, CABLE_SOCKET: "" }, empty), 7);
    });

    const away = { ...CONTAINER, CABLE_SOCKET: join(dir, "nobody.sock") };
    for (const [command, code] of [
      ["ADD", 11],
      ["CHECK", 11],
      ["GC", 11],
      ["STATUS", 50],
    ] as const) {
      test(`${command} without an agent is code ${code} and says what to do`, async () => {
        const error = assertError(await run({ CNI_COMMAND: command, ...away }), code);
        assert.match(error.details ?? "", /nobody\.sock.*agent running/);
      });
    }

    test("DEL without an agent succeeds without output", async () => {
      const result = await run({ CNI_COMMAND: "DEL", ...away });
      assert.deepEqual([result.exit, result.out], [0, ""]);
      assert.match(result.complaint, /agent is away/);
    });

    for (const [what, reply] of [
      ["closes at once", ""],
      ["speaks something else", "SSH-2.0-x\r\n\r\n"],
      ["breaks off in the head", "HTTP/1.1 200 OK\r\nContent-"],
      ["breaks off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"],
      ["claims an impossible length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}"],
    ] as const) {
      for (const command of ["ADD", "DEL"]) {
        test(`${command} with an agent that ${what} is code 11`, async () => {
          const path = join(dir, "raw.sock");
          const server = createRawServer((peer) => {
            peer.on("error", () => undefined);
            peer.once("data", () => peer.end(reply));
          });
          await new Promise<void>((resolve) => server.listen(path, resolve));
          try {
            assertError(await run({ CNI_COMMAND: command, ...CONTAINER, CABLE_SOCKET: path }), 11);
          } finally {
            await new Promise((resolve) => server.close(resolve));
          }
        });
      }
    }

    test("an agent's failure that is no CNI error becomes one", async () => {
      reset(() => ({ status: 404, body: "<html>" }));
      assert.match(assertError(await run({ CNI_COMMAND: "ADD", ...CONTAINER }), 100).msg, /404/);
    });

    test("random environments and configurations never crash it", async () => {
      reset(() => ({ body: "{}" }));
      const random = generator(20260101);
      const commands = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", "", "x"];
      for (let round = 0; round < 150; round++) {
        const env: Record<string, string> = { CNI_COMMAND: commands[random(commands.length)] ?? "" };
        for (const name of ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH"]) {
          env[name] = noise(random, 40).toString("latin1").replaceAll("\0", "0");
        }
        const stdin = random(2) === 0 ? mutated(random, CONFIG) : noise(random, 200);
        const result = await run(env, stdin);
        const context = JSON.stringify({ round, env, stdin: stdin.toString("hex"), result });
        assert.ok(result.exit === 0 || result.exit === 1, context);
        assert.equal(result.complaint, "", context);
        if (result.exit === 1) assert.equal(typeof JSON.parse(result.out).code, "number", context);
      }
    });

    test("it takes for JSON exactly what the agent will take for JSON", async () => {
      const random = generator(42);
      let good = 0;
      for (let round = 0; round < 200; round++) {
        const stdin = edited(random, '{"a":[1,-0.5e+3,true,null,{}],"b":"\\ud83d\\ude00\\u0000 é😀" , "c":-0}');
        const wanted = isJsonObject(stdin) ? 0 : 1;
        const { exit } = await run({ CNI_COMMAND: "VERSION" }, stdin);
        assert.equal(exit, wanted, `round ${round}: ${stdin.toString("latin1")}`);
        good += 1 - wanted;
      }
      assert.ok(good > 10 && good < 190, `${good} of 200 were JSON: the mutations are too mild or too wild`);
    });

    test("it takes a few milliseconds", async (t) => {
      reset(() => ({ body: "{}" }));
      const times: number[] = [];
      for (let i = 0; i < 50; i++) times.push((await run({ CNI_COMMAND: "ADD", ...CONTAINER })).ms);
      times.sort((a, b) => a - b);
      t.diagnostic(`ADD, whole process: p50 ${times[25]?.toFixed(1)} ms, p98 ${times[48]?.toFixed(1)} ms`);
    });
  });
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return bytes.length === 0; // VERSION may come without
  }
}
