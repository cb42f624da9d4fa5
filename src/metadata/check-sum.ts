import { crc32 } from "node:zlib";

/** How many bytes a process sums up by itself: that takes less than to load zlib (3 ms, with the streams that it loads). */
const few = 512 * 1024;
let summed = 0;

let table: Int32Array | undefined;

/**
 * CRC-32 as in zlib (RFC 1952, section 8), of the UTF-8 of a text and of bytes after it. Most runs read some short rows, and need
 * nothing else of zlib.
 */
export function checkSum(text: string, bytes?: Uint8Array): number {
  summed += text.length + (bytes?.length ?? 0);
  if (summed > few) return bytes ? crc32(bytes, crc32(text)) : crc32(text);
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
