import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { parseJson } from "./shape.ts";

/** More than anything that is packed here comes to, by itself and for each byte; bytes that unpack to more are not ours. */
const mostBytes = 1 << 30;
const mostPerByte = 1000;
/** What is short may be anything. */
const alwaysFine = 1 << 20;

/** ZSTD_c_compressionLevel, and ZSTD_c_checksumFlag so that a flipped bit is noticed: `zlib.constants` would load zlib now. */
const params = { 100: 1, 201: 1 };

/** A value as JSON, compressed (zstd, RFC 8878). */
export function packJson(value: unknown): Uint8Array {
  return zstdCompressSync(JSON.stringify(value), { params });
}

function mostOf({ length }: Uint8Array): number {
  return Math.min(mostBytes, Math.max(alwaysFine, length * mostPerByte));
}

/** What was packed; undefined when the bytes are damaged. */
export function unpackJson(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined;
  let text: string;
  try {
    text = zstdDecompressSync(bytes, { maxOutputLength: mostOf(bytes) }).toString();
  } catch {
    return undefined;
  }
  return parseJson(text);
}
