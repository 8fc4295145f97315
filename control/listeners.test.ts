import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Listeners, parseAddress } from "./listeners.ts";

const rows: [string, ReturnType<typeof parseAddress> | undefined][] = [
  ["127.0.0.1:9696", { host: "127.0.0.1", port: 9696 }],
  ["control.example:80", { host: "control.example", port: 80 }],
  ["[2001:db8::1]:9696", { host: "2001:db8::1", port: 9696 }],
  [":9696", { host: "::", port: 9696 }],
  ["127.0.0.1", undefined],
  ["127.0.0.1:", undefined],
  ["127.0.0.1:65536", undefined],
  ["2001:db8::1:9696", undefined],
  ["[127.0.0.1]:9696", undefined],
  ["[]:1", undefined],
  ["", undefined],
];

describe("addresses to listen on", () => {
  for (const [text, address] of rows) {
    it(address === undefined ? `${text} is refused with an example` : `${text} is understood`, () => {
      if (address === undefined) assert.throws(() => parseAddress(text), /is not ADDRESS:PORT, as /);
      else assert.deepEqual(parseAddress(text), address);
    });
  }

  it("one application answers on all; a taken address is named", async () => {
    const listeners = new Listeners();
    const here = { host: "127.0.0.1", port: 0 };
    const opened = await listeners.open([here, here], (_request, response) => response.end("ok"));
    for (const { port } of opened) assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), "ok");
    const taken = new Listeners();
    await assert.rejects(
      taken.open([opened[0]!], () => {}),
      new RegExp(`cannot listen on 127.0.0.1 port ${opened[0]!.port}`),
    );
    await listeners.close(100);
  });

  it("closing waits for an answer under way, but not for ever", async () => {
    for (const [answerMs, graceMs, isAnswered] of [
      [30, 2000, true],
      [5000, 50, false],
    ] as const) {
      const listeners = new Listeners();
      let timer: NodeJS.Timeout | undefined;
      const [address] = await listeners.open([{ host: "127.0.0.1", port: 0 }], (_request, response) => {
        timer = setTimeout(() => response.end("ok"), answerMs);
      });
      const answer = fetch(`http://127.0.0.1:${address!.port}`).then(
        (response) => response.text(),
        () => "cut",
      );
      while (timer === undefined) await new Promise(setImmediate);
      await listeners.close(graceMs);
      clearTimeout(timer);
      assert.equal(await answer, isAnswered ? "ok" : "cut");
    }
  });
});
