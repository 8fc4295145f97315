/** The README's commands, typed as they stand there, while `./cable lab` is up. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const CABLE = join(ROOT, "cable");

/** Starts the lab and comes back when it says that it is up. */
function startLab(): { up: Promise<void>; stop(): Promise<number | null>; said(): string } {
  const lab = spawn(CABLE, ["lab"], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const ended = new Promise<number | null>((resolve) => lab.once("close", resolve));
  const up = new Promise<void>((resolve, reject) => {
    for (const stream of [lab.stdout, lab.stderr]) {
      stream.on("data", (chunk) => {
        text += chunk;
        if (text.includes("Ctrl-C ends the lab")) resolve();
      });
    }
    ended.then((status) => reject(new Error(`the lab ended with ${status}\n${text}`)));
  });
  return {
    up,
    said: () => text,
    stop: () => {
      lab.kill("SIGINT");
      return ended;
    },
  };
}

test("the README's first steps do what they say, and Ctrl-C leaves nothing behind", async (t) => {
  // The README speaks of the one lab of this machine: somebody's own is not taken from them.
  if (spawnSync(CABLE, ["lab", "status"]).status === 0) return t.skip("a lab is up: ./cable lab down ends it");
  const lab = startLab();
  t.after(() => lab.stop()); // also after a time-out
  await lab.up;
  try {
    const steps = spawnSync(process.execPath, [join(ROOT, "tools/run-docs.ts"), "--run", "README.md"], {
      encoding: "utf8",
    });
    assert.equal(steps.status, 0, steps.stdout + steps.stderr);
    assert.match(steps.stdout, /container1/);
    assert.match(steps.stdout, /"networks":/);
  } finally {
    assert.equal(await lab.stop(), 0, lab.said());
  }
  const left = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
  assert.doesNotMatch(left, /cable-lab/);
});
