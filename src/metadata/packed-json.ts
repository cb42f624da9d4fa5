import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { parseJson } from "./shape.ts";

/** More than anything that is packed here comes to; bytes that claim to unpack to more are not ours. */
const mostBytes = 1 << 30;

/** ZSTD_c_compressionLevel, and ZSTD_c_checksumFlag so that a flipped bit is noticed: `zlib.constants` would load zlib now. */
const params = { 100: 1, 201: 1 };

/** A value as JSON, compressed (zstd, RFC 8878). */
export function packJson(value: unknown): Uint8Array {
  return zstdCompressSync(JSON.stringify(value), { params });
}

/** What was packed; undefined when the bytes are damaged. */
export function unpackJson(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined;
  let text: string;
  try {
    text = zstdDecompressSync(bytes, { maxOutputLength: mostBytes }).toString();
  } catch {
    return undefined;
  }
  return parseJson(text);
}
