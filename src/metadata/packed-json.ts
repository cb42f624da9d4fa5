import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { checkSum } from "./check-sum.ts";
import { parseJson } from "./shape.ts";

/** Characters of a text that is not compressed: to load zlib takes 3 ms, and most runs have nothing longer. */
const mostPlain = 4096;

/** More than anything that is packed here comes to, by itself and for each byte; bytes that unpack to more are not ours. */
const mostBytes = 1 << 30;
const mostPerByte = 1000;
/** What is short may be anything. */
const alwaysFine = 1 << 20;

/** ZSTD_c_compressionLevel, and ZSTD_c_checksumFlag so that a flipped bit is noticed: `zlib.constants` would load zlib now. */
const params = { 100: 1, 201: 1 };

/** A value as JSON: after its CRC-32 in hexadecimal, or, where it is long, compressed (zstd, RFC 8878). */
export function packJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return text.length > mostPlain ? zstdCompressSync(text, { params }) : Buffer.from(checkOf(text) + text);
}

function checkOf(text: string): string {
  return checkSum(text).toString(16).padStart(8, "0");
}

/** What was packed; undefined when the bytes are damaged. */
export function unpackJson(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const text = isCompressed(bytes) ? decompressed(bytes) : checked(bytes);
  return text === undefined ? undefined : parseJson(text);
}

/** By the magic number of zstd, whose first byte is no digit. */
function isCompressed(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28;
}

function checked({ buffer, byteOffset, byteLength }: Uint8Array): string | undefined {
  const text = Buffer.from(buffer, byteOffset, byteLength).toString();
  return text.slice(0, 8) === checkOf(text.slice(8)) ? text.slice(8) : undefined;
}

function decompressed(bytes: Uint8Array): string | undefined {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: mostOf(bytes) }).toString();
  } catch {
    return undefined;
  }
}

function mostOf({ length }: Uint8Array): number {
  return Math.min(mostBytes, Math.max(alwaysFine, length * mostPerByte));
}
