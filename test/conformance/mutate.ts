/** Bad input, the same in every run. */

/** A small linear congruential generator: the same rounds every time. */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Any bytes. */
export function noise(random: (below: number) => number, sizeMax: number): Buffer {
  return Buffer.from(Array.from({ length: random(sizeMax) }, () => random(256)));
}

/** Some bytes overwritten, sometimes the end cut off. */
export function mutated(random: (below: number) => number, text: string): Buffer {
  const bytes = Buffer.from(text);
  for (let i = random(3); i >= 0; i--) bytes[random(bytes.length)] = random(256);
  return bytes.subarray(0, bytes.length - (random(4) === 0 ? random(bytes.length) : 0));
}

/** Some pieces of JSON put in or in place of a byte: near enough to JSON to be it in a part of the cases. */
export function edited(random: (below: number) => number, text: string): Buffer {
  const pieces = [...'"\\{}[],:0-.eu \n\x7fé', "true", "\\u12"];
  let bytes = Buffer.from(text);
  for (let i = random(3); i >= 0; i--) {
    const at = random(bytes.length);
    const piece = Buffer.from(random(2) === 0 ? "" : (pieces[random(pieces.length)] ?? ""));
    bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + random(2))]);
  }
  return bytes;
}
