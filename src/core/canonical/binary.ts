import { types } from "node:util";
import { extraProperty, impostor, type Leaf, type Refusal } from "./leaf.ts";
import { extraKey, extraKeyOfView } from "./own-keys.ts";
import type { Reader } from "./reader.ts";
import { Tag } from "./scheme.ts";

/*
 * Buffers and views count by their type and their bytes. That two views share one buffer, where in it they begin, and what
 * lies around them is not kept.
 */

/** What all typed arrays have in common, as far as this file needs it. */
interface View extends ArrayBufferView {
  readonly length: number;
}

interface ViewType {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): View;
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT: number;
}

const copyIt = "return a copy of it: value.slice()";
// ES2025; the compiler's library does not know it yet
const { Float16Array } = globalThis as unknown as { Float16Array: ViewType };

const viewTypes: readonly ViewType[] = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float16Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
] as unknown as ViewType[];

/** The name of the type by which a typed array was really made. */
const nameOfView = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!
  .get as (this: object) => string | undefined;

function typedArray(type: ViewType): Leaf<View> {
  const size = type.BYTES_PER_ELEMENT;
  return {
    tag: Tag[type.name as keyof typeof Tag],
    prototype: type.prototype,
    refuse(value) {
      if (nameOfView.call(value) !== type.name) return impostor(type.name);
      const view = value as View;
      const twin = () => new type(view.buffer, view.byteOffset, view.length);
      return extraProperty(extraKeyOfView(view, twin), `a ${type.name}`) ?? unfit(view.buffer);
    },
    write(out, value) {
      out.varint(value.length);
      out.raw(littleEndian(bytesOf(value), size));
    },
    read(input) {
      const length = input.count(size);
      return new type(littleEndian(copy(input, length * size), size).buffer);
    },
  };
}

const buffer: Leaf<Buffer> = {
  tag: Tag.Buffer,
  prototype: Buffer.prototype,
  refuse(value) {
    if (!types.isUint8Array(value)) return impostor("Buffer");
    const twin = () => Buffer.from(value.buffer, value.byteOffset, value.length);
    return extraProperty(extraKeyOfView(value, twin), "a Buffer") ?? unfit(value.buffer);
  },
  write(out, value) {
    out.varint(value.length);
    out.raw(value);
  },
  read: (input) => Buffer.from(copy(input, input.count(1)).buffer),
};

const dataView: Leaf<DataView> = {
  tag: Tag.DataView,
  prototype: DataView.prototype,
  refuse(value) {
    if (!types.isDataView(value)) return impostor("DataView");
    return extraProperty(extraKey(value, 0), "a DataView") ?? unfit(value.buffer);
  },
  write(out, value) {
    out.varint(value.byteLength);
    out.raw(bytesOf(value));
  },
  read: (input) => new DataView(copy(input, input.count(1)).buffer),
};

const arrayBuffer: Leaf<ArrayBuffer> = {
  tag: Tag.ArrayBuffer,
  prototype: ArrayBuffer.prototype,
  refuse(value) {
    if (!types.isArrayBuffer(value)) return impostor("ArrayBuffer");
    const resizable = { what: "is a resizable ArrayBuffer", hint: copyIt };
    return (
      extraProperty(extraKey(value, 0), "an ArrayBuffer") ?? unfit(value) ?? (value.resizable ? resizable : undefined)
    );
  },
  write(out, value) {
    out.varint(value.byteLength);
    out.raw(new Uint8Array(value));
  },
  read: (input) => copy(input, input.count(1)).buffer,
};

export const binaryLeaves = [arrayBuffer, dataView, buffer, ...viewTypes.map(typedArray)] as unknown as readonly Leaf[];

/** Bytes that could change while they are read, or that are gone. */
function unfit(bytes: ArrayBufferLike): Refusal | undefined {
  if (types.isSharedArrayBuffer(bytes)) return { what: "is a view of shared memory", hint: copyIt };
  if ((bytes as ArrayBuffer).detached)
    return { what: "has lost its bytes: its ArrayBuffer was transferred", hint: "return the copy that has them" };
  return undefined;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function copy(input: Reader, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(input.raw(size));
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The elements with their lowest byte first, whatever the machine; a copy where that changes something. */
export function littleEndian<B extends Uint8Array>(bytes: B, size: number, native = isLittleEndian): B {
  if (native || size === 1) return bytes;
  const swapped = bytes.slice() as B;
  for (let start = 0; start < swapped.length; start += size) swapped.subarray(start, start + size).reverse();
  return swapped;
}
