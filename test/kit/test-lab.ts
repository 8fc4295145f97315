/** A lab for the tests of one file. */
import { after, before } from "node:test";
import { Lab } from "./lab.ts";
import { uniqueName } from "./place.ts";
import { removeDeadLabs } from "./state.ts";
import type { Topology } from "./topology.ts";

const PREFIX = "cb8";

/** Starts it before the file's tests and removes it after them, with what earlier killed tests left. Call it for the lab. */
export function testLab(topology: Topology): () => Lab {
  let lab: Lab | undefined;
  before(async () => {
    await removeDeadLabs(PREFIX);
    lab = await Lab.start(uniqueName(PREFIX), topology);
  });
  after(async () => lab?.down());
  return () => {
    if (lab === undefined) throw new Error("the lab is not up yet");
    return lab;
  };
}
