import { crc32 } from "node:zlib";

/** Bytes below which to load zlib (2 ms, with the streams that it loads) costs more than a loop of our own. */
const short = 65_536;

let table: Int32Array | undefined;

/**
 * CRC-32 as in zlib (RFC 1952, section 8), of the UTF-8 of a text and of bytes after it. A run in which nothing changed reads two
 * short rows and needs nothing else of zlib.
 */
export function checkSum(text: string, bytes?: Uint8Array): number {
  if (text.length + (bytes?.length ?? 0) > short) return bytes ? crc32(bytes, crc32(text)) : crc32(text);
  let sum = step(-1, Buffer.from(text));
  if (bytes) sum = step(sum, bytes);
  return ~sum >>> 0;
}

function step(start: number, bytes: Uint8Array): number {
  table ??= makeTable();
  let sum = start;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]!) & 0xff]!;
  return sum;
}

/** Of the reversed polynomial. */
function makeTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    return sum;
  });
}
