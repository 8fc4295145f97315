/**
 * Who may import whom. This is the project's layout as a table: a change of it is a change of the design, and each row
 * says what would be lost. Checked by check-imports.ts.
 */

export interface Wall {
  /** Folders (through their mod.ts or one of DOORS) or single files. */
  may: readonly string[];
  /** No npm package and no part of Node that does I/O. */
  pure?: true;
  reason: string;
}

export const WALLS: Record<string, Wall> = {
  model: { may: [], pure: true, reason: "the nouns are read most, tested in milliseconds and used by all: no I/O" },
  reconcile: { may: [], pure: true, reason: "generic: desired against actual, whatever the things are" },
  wire: {
    may: ["model"],
    pure: true,
    reason: "bytes to values and back, so that decoders can be fuzzed without a host",
  },
  bpf: {
    may: ["model", "wire/table.ts"],
    pure: true,
    reason: "layout.gen.ts is generated: types of model, codec of wire",
  },
  store: { may: ["model"], reason: "keys and text: it must not know resources or how they are served" },
  api: { may: ["model"], reason: "the contract between processes: what both ends share and nothing of either" },
  host: { may: ["model", "wire", "bpf"], reason: "the only code that touches Linux, and it decides nothing" },
  datapath: {
    may: ["model", "wire", "bpf", "host", "reconcile"],
    reason: "drivers know Linux through host, and nothing of the control node",
  },
  control: { may: ["model", "store", "api", "reconcile"], reason: "what a host does is the agent's affair" },
  proxy: {
    may: ["model", "api"],
    reason: "doors: a foreign request becomes calls of the API, never writes to the store",
  },
  agent: {
    may: ["model", "wire", "host", "datapath", "api/client.ts", "reconcile"],
    reason: "agents do not speak etcd, which keeps the trust boundary at the API; and load no server library",
  },
  cli: { may: ["model", "api/client.ts"], reason: "a thin door over the API" },
  console: { may: ["model", "api/client.ts"], reason: "a thin door over the API" },
};

/** Folders that may import anything and that nobody imports. */
export const OUTSIDE = ["test", "tools"];

/** Files beside a folder's mod.ts that may be imported from outside of the folder. */
export const DOORS: Record<string, string> = {
  "api/client.ts": "for agents and tools: mod.ts would load the schemas and zod with it",
  "bpf/layout.gen.ts": "the generated layouts are all that the folder has for TypeScript",
  "wire/table.ts": "the codec alone, for the generated layouts",
};

/** One importer each that a wall lets through. */
export const PASSES: readonly { from: string; to: string; reason: string }[] = [
  { from: "control/main.ts", to: "proxy", reason: "one process serves the API and its doors: here they are joined" },
];

/** npm packages, and the folders they are for; a package that is not listed may be used by any folder but a pure one. */
export const PACKAGES: Record<string, { folders: readonly string[]; reason: string }> = {
  koffi: { folders: ["host"], reason: "calls into C are host's" },
  netlink: { folders: ["host"], reason: "the kernel is reached through host only" },
  "@grpc/grpc-js": { folders: ["store"], reason: "etcd is spoken by the store only" },
  "@grpc/proto-loader": { folders: ["store"], reason: "etcd is spoken by the store only" },
  fastify: { folders: ["control", "proxy"], reason: "only the control node serves; an agent must stay small" },
  zod: {
    folders: ["api", "control", "proxy"],
    reason: "requests are checked where they arrive; an agent must stay small",
  },
};

/** What a pure folder may take from Node: computing only. */
export const PURE_NODE = ["node:crypto", "node:net", "node:util", "node:buffer", "node:assert/strict", "node:test"];

/** Barred from all product code: no command is run per port. */
export const BARRED_NODE: Record<string, string> = {
  "node:child_process": "product code runs no commands: netlink, bpf(2) and the like are called through libraries",
};
