import { lstatSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";

const trailerSize = 24;
const pieceSize = 1 << 20;

/**
 * The content of a blob's file, read as docs/store-format.md says and by no code of the store: what the store reads wrongly
 * shows here.
 * @throws Error what is wrong with the file
 */
export function storedContent(file: string): Buffer {
  if (!lstatSync(file).isFile()) throw new Error("it is not a file");
  const bytes = readFileSync(file);
  const trailer = bytes.subarray(-trailerSize);
  if (trailer.length < trailerSize) throw new Error(`it has ${bytes.length} bytes, and a trailer takes ${trailerSize}`);
  if (trailer.toString("latin1", 0, 4) !== "SLUB") throw new Error("its trailer does not begin with SLUB");
  if (trailer[4] !== 1) throw new Error(`its version is ${trailer[4]}`);
  const size = Number(trailer.readBigUInt64LE(8));
  const body = bytes.subarray(0, -trailerSize);
  if (body.length !== Number(trailer.readBigUInt64LE(16))) throw new Error(`its body has ${body.length} bytes`);
  const content = trailer[5] === 0 ? body : unpacked(body);
  if (content.length !== size) throw new Error(`its content has ${content.length} bytes, not ${size}`);
  return content;
}

function unpacked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32LE(at);
    pieces.push(zstdDecompressSync(body.subarray(at + 4, at + 4 + length), { maxOutputLength: pieceSize }));
    at += 4 + length;
  }
  return Buffer.concat(pieces);
}
