/**
 * Fixed-size records as tables: a field is an offset and a cell type, a record is a list of fields, and both directions
 * follow from it. The layouts themselves are generated from C (bpf/layout.gen.ts).
 */
import { type Ip, ipFromBytes16, type Mac, macFromBytes, writeIp16, writeMac } from "../model/mod.ts";

/** One value in bytes: its size, how to write it at an offset and how to read it from there. */
export interface Cell<T> {
  readonly size: number;
  write(view: DataView, offset: number, value: T): void;
  read(view: DataView, offset: number): T;
}

/** A cell that can stand by itself: a map's key or value. */
export interface Table<T> extends Cell<T> {
  /** C's name of the struct or typedef. */
  readonly name: string;
  /** Padding is zero, since the kernel compares and hashes keys byte for byte. */
  encode(value: T): Buffer;
  /** @throws RangeError when `bytes` is shorter than `size` */
  decode(bytes: Uint8Array): T;
  /** Reads one field and leaves the rest alone, for walks over many records. @throws RangeError for a single cell */
  reader<K extends keyof T>(field: K): (bytes: Uint8Array) => T[K];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number below `2 ** (8 * size)`; others would be cut silently by DataView. */
function unsigned<T extends number>(size: 1 | 2 | 4, littleEndian: boolean): Cell<T> {
  const limit = 2 ** (8 * size);
  return {
    size,
    write(view, offset, value) {
      if (!Number.isInteger(value) || value < 0 || value >= limit)
        throw new RangeError(`${value} does not fit ${size} bytes`);
      if (size === 1) view.setUint8(offset, value);
      else if (size === 2) view.setUint16(offset, value, littleEndian);
      else view.setUint32(offset, value, littleEndian);
    },
    read(view, offset) {
      if (size === 1) return view.getUint8(offset) as T;
      return (size === 2 ? view.getUint16(offset, littleEndian) : view.getUint32(offset, littleEndian)) as T;
    },
  };
}

/** eBPF runs in the host's own byte order. */
const HOST_IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export const u8: Cell<number> = unsigned(1, HOST_IS_LITTLE);
export const u16: Cell<number> = unsigned(2, HOST_IS_LITTLE);
export const u32: Cell<number> = unsigned(4, HOST_IS_LITTLE);
export const be16: Cell<number> = unsigned(2, false);
export const be32: Cell<number> = unsigned(4, false);

export const u64: Cell<bigint> = {
  size: 8,
  write: (view, offset, value) => view.setBigUint64(offset, value, HOST_IS_LITTLE),
  read: (view, offset) => view.getBigUint64(offset, HOST_IS_LITTLE),
};

/** Sixteen bytes in network order, IPv4 mapped. "::" stands for no address. */
export const ip: Cell<Ip> = {
  size: 16,
  write: (view, offset, value) => writeIp16(value, view, offset),
  read: (view, offset) => ipFromBytes16(new Uint8Array(view.buffer, view.byteOffset + offset, 16)),
};

export const mac: Cell<Mac> = {
  size: 6,
  write: (view, offset, value) => writeMac(value, view, offset),
  read: (view, offset) => macFromBytes(new Uint8Array(view.buffer, view.byteOffset + offset, 6)),
};

/** A number with a meaning, so that a port's number is never taken for a network's. */
export function branded<T extends number>(cell: Cell<number>): Cell<T> {
  return cell as unknown as Cell<T>;
}

/** `length` cells one after the other. */
export function array<T>(cell: Cell<T>, length: number): Cell<T[]> {
  return {
    size: cell.size * length,
    write(view, offset, values) {
      if (values.length !== length) throw new RangeError(`${values.length} values for an array of ${length}`);
      values.forEach((value, i) => {
        cell.write(view, offset + i * cell.size, value);
      });
    },
    read: (view, offset) => Array.from({ length }, (_, i) => cell.read(view, offset + i * cell.size)),
  };
}

type Fields<T> = { readonly [K in keyof T]: readonly [offset: number, cell: Cell<T[K]>] };

function standing<T>(name: string, cell: Cell<T>, fields?: Fields<T>): Table<T> {
  return {
    ...cell,
    name,
    encode(value) {
      const bytes = Buffer.alloc(cell.size);
      cell.write(viewOf(bytes), 0, value);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length < cell.size) throw new RangeError(`${name}: ${bytes.length} bytes of ${cell.size}`);
      return cell.read(viewOf(bytes), 0);
    },
    reader(field) {
      const found = fields?.[field];
      if (found === undefined) throw new RangeError(`${name} has no field ${String(field)}`);
      const [offset, { read }] = found;
      return (bytes) => read(viewOf(bytes), offset);
    },
  };
}

/** A single cell as a map's key or value. */
export function scalar<T>(name: string, cell: Cell<T>): Table<T> {
  return standing(name, cell);
}

/** A struct: every field with its offset; bytes that no field covers are zero. */
export function record<T extends object>(name: string, size: number, fields: Fields<T>): Table<T> {
  const rows = Object.entries(fields) as [keyof T, readonly [number, Cell<T[keyof T]>]][];
  const cell: Cell<T> = {
    size,
    write(view, offset, value) {
      for (const [key, [at, cell]] of rows) cell.write(view, offset + at, value[key]);
    },
    read(view, offset) {
      const value = {} as T;
      for (const [key, [at, cell]] of rows) value[key] = cell.read(view, offset + at);
      return value;
    },
  };
  return standing(name, cell, fields);
}
