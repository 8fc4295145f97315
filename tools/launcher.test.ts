/** The launcher in a root of its own, with stand-ins on PATH for what it calls: each notes its call and may fail. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");

const SOURCES = "agent api bpf cni control datapath host model proxy reconcile store wire".split(" ");

interface Sandbox {
  root: string;
  run(...args: string[]): Promise<{ exit: number | null; out: string; said: string }>;
  /** Calls of stand-ins so far, one a line. */
  calls(): string[];
  standIn(name: string, body: string): void;
  [Symbol.dispose](): void;
}

function sandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), "cable-launcher-"));
  const bin = join(root, "path");
  const journal = join(root, "calls");
  for (const folder of ["path", "tools", ...SOURCES]) mkdirSync(join(root, folder));
  copyFileSync(join(ROOT, "cable"), join(root, "cable"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  for (const tool of ["build-bpf.ts", "build-cni.ts"]) writeFileSync(join(root, "tools", tool), "");
  const standIn = (name: string, body: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${journal}\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  // npm brings a Node that notes how it was called, and builds what the real one would.
  const node = `#!/bin/sh\necho "node $*" >>${journal}\ncase $1 in *build-cni.ts) mkdir -p ${root}/.build/cni && cp /bin/true ${root}/.build/cni/cable;; esac`;
  standIn(
    "npm",
    `[ "$1" = ls ] && exit 1; mkdir -p node_modules/node-linux-x/bin; printf '%s\\n' '${node}' >node_modules/node-linux-x/bin/node; chmod +x node_modules/node-linux-x/bin/node`,
  );
  standIn("dpkg-query", "exit 1");
  standIn("dpkg", "echo amd64");
  standIn("apt-get", "");
  standIn("apt-cache", "");
  standIn("id", "echo 0");
  return {
    root,
    standIn,
    calls: () => (existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : []),
    run(...args) {
      const child = spawn(join(root, "cable"), args, { env: { PATH: `${bin}:/usr/bin:/bin` }, cwd: tmpdir() });
      let [out, said] = ["", ""];
      child.stdout.on("data", (chunk) => {
        out += chunk;
      });
      child.stderr.on("data", (chunk) => {
        said += chunk;
      });
      child.stdin.end();
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (exit) => resolve({ exit, out, said }));
      });
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

const INSTALLS = /^(apt-get|npm|node .*build-)/;

test("help is printed without installing anything", async () => {
  using box = sandbox();
  for (const args of [[], ["help"], ["--help"]]) {
    const { exit, out } = await box.run(...args);
    assert.equal(exit, 0);
    assert.match(out, /\.\/cable lab/);
  }
  assert.deepEqual(box.calls(), []);
});

test("an unknown command ends with 2 and names the known ones", async () => {
  using box = sandbox();
  const { exit, said } = await box.run("labb");
  assert.equal(exit, 2);
  assert.match(said, /"labb".*lab test check/);
  assert.deepEqual(box.calls(), []);
});

test("the first use installs, packages before what is built with them; the second does not", async () => {
  using box = sandbox();
  const first = await box.run("lab", "--check", "a b");
  assert.equal(first.exit, 0, first.said);
  assert.equal(first.out, "", "progress belongs on standard error");
  const order = box.calls().filter((call) => INSTALLS.test(call));
  assert.deepEqual(
    order.map((call) => call.split(" ")[0]),
    ["apt-get", "apt-get", "apt-get", "npm", "node", "node"],
    order.join("\n"),
  );
  assert.ok(order.every((call) => !call.startsWith("apt-get") || call.includes("--no-install-recommends")));
  const before = box.calls().length;
  const second = await box.run("lab", "--check", "a b");
  assert.equal(second.said, "");
  assert.deepEqual(
    box
      .calls()
      .slice(before)
      .filter((call) => !/^(id|dpkg|apt-cache) /.test(call)),
    [`node ${box.root}/tools/lab/main.ts --check a b`],
  );
});

test("a changed lock file installs the npm packages again, a changed source builds again", async () => {
  using box = sandbox();
  await box.run("agent");
  const before = box.calls().length;
  writeFileSync(join(box.root, "package-lock.json"), '{"a": 1}');
  writeFileSync(join(box.root, "bpf/x.bpf.c"), "");
  await box.run("agent");
  const again = box
    .calls()
    .slice(before)
    .filter((call) => INSTALLS.test(call));
  assert.deepEqual(
    again.map((call) => call.replace(/^node .*\//, "node ")),
    ["npm install --no-save --ignore-scripts --no-audit --no-fund", "node build-bpf.ts"],
  );
});

test("a process gets its code cache filled once, with the flags that it will run with", async () => {
  using box = sandbox();
  await box.run("agent", "--x");
  await box.run("agent", "--x");
  const starts = box.calls().filter((call) => call.includes("start.ts"));
  const start = `node --max-semi-space-size=2 ${box.root}/tools/start.ts agent`;
  assert.deepEqual(starts, [`${start} --help`, `${start} --x`, `${start} --x`]);
});

test("packages that are there already are not asked for", async () => {
  using box = sandbox();
  box.standIn("dpkg-query", "echo installed");
  assert.equal((await box.run("lab")).exit, 0);
  assert.deepEqual(
    box.calls().filter((call) => call.startsWith("apt-get")),
    [],
  );
});

test("an installation that fails gets fresh package lists once", async () => {
  using box = sandbox();
  box.standIn("apt-get", `case "$*" in *update*) touch ${box.root}/fresh;; *) [ -e ${box.root}/fresh ];; esac`);
  assert.equal((await box.run("check")).exit, 0);
  assert.equal(box.calls().filter((call) => / update/.test(call)).length, 1);
});

for (const [what, name, body, command, said] of [
  [
    "Debian's packages cannot be had",
    "apt-get",
    "echo no route >&2; exit 100",
    "lab",
    /no route[\s\S]*libbpf1[\s\S]*Check the network/,
  ],
  ["npm's packages cannot be had", "npm", "echo ENOTFOUND; exit 1", "control", /ENOTFOUND[\s\S]*registry/],
  ["npm brings no Node for this machine", "npm", "true", "control", /x64 and arm64/],
  ["it is not root", "id", "echo 1000", "lab", /root is needed/],
] as const) {
  test(`when ${what}, it says so, fails, and tries again next time`, async () => {
    using box = sandbox();
    box.standIn(name, body);
    for (let attempt = 0; attempt < 2; attempt++) {
      const result = await box.run(command);
      assert.equal(result.exit, 1);
      assert.match(result.said, said);
    }
  });
}

test("two that start at once install once", async () => {
  using box = sandbox();
  const results = await Promise.all([box.run("control"), box.run("control")]);
  assert.deepEqual(
    results.map(({ exit }) => exit),
    [0, 0],
  );
  assert.equal(box.calls().filter((call) => call.startsWith("npm install")).length, 1);
});

test("the operator's commands need no more than npm's packages, and no root", async () => {
  using box = sandbox();
  box.standIn("id", "echo 1000");
  const { exit } = await box.run("host", "show", "a  b", "--json");
  assert.equal(exit, 0);
  assert.equal(box.calls().at(-1), `node ${box.root}/tools/start.ts cli host show a  b --json`);
  assert.deepEqual(
    box.calls().filter((call) => call.startsWith("apt-get")),
    [],
  );
});

test("what it starts gets the arguments as they are", async () => {
  using box = sandbox();
  await box.run("control", "--listen", "*", "a  b");
  assert.equal(box.calls().at(-1), `node ${box.root}/tools/start.ts control --listen * a  b`);
});
