import { decode, encodeByteArrays } from "../../core/canonical.ts";
import { fail } from "../../core/failure.ts";
import type { JsonValue } from "../../core/json.ts";
import { nest, type Shape } from "../../core/nested.ts";
import type { Codec, DecodeOptions } from "../format.ts";
import { auto } from "./auto.ts";

/**
 * A long list in chunks, each of which is a list in the format `auto`: a chunk in which nothing changed is taken over as it is,
 * without a look at what is in it. Only maps are stored so, whose version follows from those of their items.
 */
export const list: Codec = {
  encode() {
    return fail("invalid-definition", 'the format "list" cannot be chosen', { hint: "leave `format` out" });
  },
  async decode(bytes, params, options) {
    const values: unknown[] = [];
    for (const chunk of chunksOf(bytes)) for (const value of await decodeChunk(chunk, options)) values.push(value);
    return nest(values, shapeIn(params));
  },
};

/** How the list is nested; in the record of one that is not, nothing is said of it. */
export function shapeIn(params: JsonValue | undefined): Shape {
  const { shape } = (params ?? {}) as { readonly shape?: Shape };
  return shape ?? [];
}

export function encodeChunks(chunks: readonly Uint8Array[]): Uint8Array {
  return encodeByteArrays(chunks);
}

/** @throws SluiceError `corrupt-value` */
export function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const chunks = decode(bytes);
  if (Array.isArray(chunks) && chunks.every((chunk) => chunk instanceof Uint8Array)) return chunks;
  return fail("corrupt-value", "a stored list is not made of chunks");
}

/** @throws SluiceError `corrupt-value` */
export async function decodeChunk(chunk: Uint8Array, options?: DecodeOptions): Promise<readonly unknown[]> {
  const values = await auto.decode(chunk, undefined, options);
  return Array.isArray(values) ? values : fail("corrupt-value", "a chunk of a stored list is no list");
}
