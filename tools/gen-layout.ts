/**
 * Writes bpf/layout.gen.ts from the BTF of bpf/layout.bpf.c and the constants of bpf/shared.h: C is the one definition.
 * `gen-layout` writes; `gen-layout --check` fails when the committed file is not what C says.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "./build-bpf.ts";

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, "bpf/layout.gen.ts");

interface BtfMember {
  name: string;
  type_id: number;
  bits_offset: number;
}
interface BtfType {
  id: number;
  kind: string;
  name: string;
  size: number;
  type_id: number;
  nr_elems: number;
  members?: BtfMember[];
  values?: { name: string; val: number }[];
}

/** Typedefs with a meaning: their cell in wire/table.ts and their type here. */
const TYPEDEFS: Record<string, { cell: string; type: string }> = {
  ip_t: { cell: "ip", type: "Ip" },
  mac_t: { cell: "mac", type: "Mac" },
  net_t: { cell: "branded<NetNumber>(u32)", type: "NetNumber" },
  vif_t: { cell: "branded<VifNumber>(u32)", type: "VifNumber" },
  set_t: { cell: "branded<SetNumber>(u32)", type: "SetNumber" },
  router_t: { cell: "branded<RouterNumber>(u32)", type: "RouterNumber" },
  __be16: { cell: "be16", type: "number" },
  __be32: { cell: "be32", type: "number" },
  __u8: { cell: "u8", type: "number" },
  __u16: { cell: "u16", type: "number" },
  __u32: { cell: "u32", type: "number" },
  __u64: { cell: "u64", type: "bigint" },
};

/** Structs that cross without being a pinned map's key or value. */
const NO_MAPS = ["trap_header", "trace"];

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const pascal = (name: string) => camel(`_${name}`);

/** One object's types, and the structs met while describing them in the order in which they must be written. */
class Btf {
  readonly types: Map<number, BtfType>;
  readonly structs = new Map<string, BtfType>();

  constructor(object: string) {
    const dump = execFileSync("bpftool", ["btf", "dump", "-j", "file", object], { encoding: "utf8" });
    this.types = new Map((JSON.parse(dump) as { types: BtfType[] }).types.map((type) => [type.id, type]));
  }

  get(id: number): BtfType {
    const type = this.types.get(id);
    if (type === undefined) throw new Error(`BTF has no type ${id}`);
    return type;
  }

  /** The cell expression and the TypeScript type of a C type. */
  describe(id: number): { cell: string; type: string } {
    const type = this.get(id);
    const known = type.kind === "TYPEDEF" ? TYPEDEFS[type.name] : undefined;
    if (known !== undefined) return known;
    if (type.kind === "ARRAY") {
      const item = this.describe(type.type_id);
      return { cell: `array(${item.cell}, ${type.nr_elems})`, type: `${item.type}[]` };
    }
    if (type.kind === "STRUCT" && type.name !== "(anon)") {
      for (const member of type.members ?? []) if (!isPadding(member)) this.describe(member.type_id);
      this.structs.set(type.name, type);
      return { cell: pascal(type.name), type: pascal(type.name) };
    }
    throw new Error(`${type.kind} ${type.name}: shared.h may not use it; add it to TYPEDEFS if it is a new typedef`);
  }

  /** The struct behind a map's `__type(...)` or the array length behind its `__uint(...)`. */
  pointee(map: BtfType, member: string): number | undefined {
    const found = map.members?.find(({ name }) => name === member);
    return found === undefined ? undefined : this.get(found.type_id).type_id;
  }

  maps(): { name: string; key: number; value: number }[] {
    const section = [...this.types.values()].find((type) => type.kind === "DATASEC" && type.name === ".maps");
    const variables = (section as unknown as { vars: { type_id: number }[] } | undefined)?.vars ?? [];
    const maps = variables.flatMap((variable) => {
      const { name, type_id } = this.get(variable.type_id);
      const [key, value] = ["key", "value"].map((member) => this.pointee(this.get(type_id), member));
      return key === undefined || value === undefined ? [] : [{ name, key, value }];
    });
    return maps.sort(byName);
  }
}

/** The order in an object differs from one clang to the next; the output must not. */
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

const isPadding = (member: BtfMember) => /^pad\d*$/.test(member.name);

function structText(btf: Btf, struct: BtfType): string {
  const fields = (struct.members ?? []).filter((member) => !isPadding(member));
  const described = fields.map((field) => ({
    ...btf.describe(field.type_id),
    name: camel(field.name),
    at: field.bits_offset / 8,
  }));
  const name = pascal(struct.name);
  return [
    `export interface ${name} {`,
    ...described.map((field) => `  ${field.name}: ${field.type};`),
    "}",
    `export const ${name}: Table<${name}> = record("${struct.name}", ${struct.size}, {`,
    ...described.map((field) => `  ${field.name}: [${field.at}, ${field.cell}],`),
    "});",
  ].join("\n");
}

function enumText(type: BtfType): string {
  const values = type.values ?? [];
  const name = pascal(type.name);
  // DROP_REASONS says how many there are: a count, not a reason.
  const prefix = `${type.name.split("_")[0]?.toUpperCase()}_`;
  const rows = values
    .filter((value) => value.name !== "DROP_REASONS")
    .map((value) => ({ name: value.name.slice(prefix.length), value: value.val }));
  if (!values.every((value) => value.name.startsWith(prefix)))
    throw new Error(`values of enum ${type.name} must start with ${prefix}`);
  return [
    `export const ${name} = {`,
    ...rows.map((row) => `  ${row.name}: ${row.value},`),
    "} as const;",
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    `/** Names by value, in lower case. */`,
    `export const ${camel(type.name)}Names: Readonly<Record<number, string>> = {`,
    ...rows.map((row) => `  ${row.value}: "${row.name.toLowerCase()}",`),
    "};",
  ].join("\n");
}

/** `#define NAME number` and `#define NAME number << number` of shared.h, which BTF does not carry. */
function constantsText(): string {
  const source = readFileSync(join(ROOT, "bpf/shared.h"), "utf8");
  const rows = source.matchAll(/^#define (\w+) (0x[0-9a-f]+|\d+)u?$/gm);
  return [...rows].map(([, name, value]) => `export const ${name} = ${value};`).join("\n");
}

function layoutText(btf: Btf): string {
  const maps = btf
    .maps()
    .map((map) => ({ name: map.name, key: tableOf(btf, map.key), value: tableOf(btf, map.value) }));
  for (const { kind, name, id } of btf.types.values())
    if (kind === "STRUCT" && NO_MAPS.includes(name)) btf.describe(id);
  const enums = [...btf.types.values()].filter((type) => type.kind === "ENUM" && type.name !== "(anon)").sort(byName);
  const body = [
    constantsText(),
    ...enums.map(enumText),
    ...[...btf.structs.values()].map((struct) => structText(btf, struct)),
    [
      "/** Every map that the agent fills or reads: the tables of its key and value. */",
      "export const MAPS = {",
      ...maps.map((map) => `  ${map.name}: { key: ${map.key}, value: ${map.value} },`),
      "} as const;",
      "export type MapName = keyof typeof MAPS;",
      'export type MapKey<N extends MapName> = (typeof MAPS)[N]["key"] extends Table<infer T> ? T : never;',
      'export type MapValue<N extends MapName> = (typeof MAPS)[N]["value"] extends Table<infer T> ? T : never;',
    ].join("\n"),
  ].join("\n\n");
  const cells = ["array", "be16", "be32", "branded", "ip", "mac", "u8", "u16", "u32", "u64"].filter((cell) =>
    new RegExp(`\\b${cell}\\b[^:]`).test(body),
  );
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return `/** Generated from bpf/shared.h and bpf/maps.h by tools/gen-layout.ts. Do not edit. */
import type { Ip, Mac } from "../model/mod.ts";
import { ${cells.join(", ")}, record, scalar, type Table } from "../wire/table.ts";

/** A hash of all that follows: two sides that differ in it do not understand each other's maps. */
export const LAYOUT_HASH = "${hash}";

/** C's net_t: see shared.h for how a VNI or a VLAN becomes one. */
export type NetNumber = number & { readonly brand: "net_t" };
/** C's vif_t: a local port's number on its host, from 1; 0 is no port. */
export type VifNumber = number & { readonly brand: "vif_t" };
/** C's set_t: a set of security groups, from 1; 0 is none. */
export type SetNumber = number & { readonly brand: "set_t" };
/** C's router_t: a router's number on this host, from 1. */
export type RouterNumber = number & { readonly brand: "router_t" };

${body}
`;
}

/** A struct's own table, or a scalar in one. */
function tableOf(btf: Btf, id: number): string {
  const { cell, type } = btf.describe(id);
  return btf.get(id).kind === "STRUCT" ? cell : `scalar<${type}>("${btf.get(id).name}", ${cell})`;
}

function main(check: boolean): number {
  const folder = mkdtempSync(join(tmpdir(), "cable-layout-"));
  try {
    const object = join(folder, "layout.o");
    compile(join(ROOT, "bpf/layout.bpf.c"), object);
    const text = layoutText(new Btf(object));
    if (!check) {
      writeFileSync(OUTPUT, text);
      return 0;
    }
    if (readFileSync(OUTPUT, "utf8") === text) return 0;
    console.error("bpf/layout.gen.ts is not what bpf/shared.h says: run tools/gen-layout.ts and commit the result");
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) process.exitCode = main(process.argv.includes("--check"));
