import { corrupt } from "../formats/text-bytes.ts";

const newline = 0x0a;
/** How much is looked at together: what becomes rows at once is about as long. */
const batch = 64 * 1024;

/** Cuts pieces of bytes into stretches that end with a line feed. @throws SluiceError `corrupt-value` when the last does not */
export async function* wholeLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield* stretches(pieces, (bytes) => bytes.lastIndexOf(newline) + 1);
}

/**
 * Cuts pieces of bytes where `cut` says: how many of the bytes, from their beginning, make a stretch; 0 for none.
 * @throws SluiceError `corrupt-value` when the last stretch has no end
 */
export async function* stretches(
  pieces: AsyncIterable<Uint8Array>,
  cut: (bytes: Buffer) => number,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** What came since, of a stretch that is longer than a piece: put together once. */
  let waiting: Buffer[] = [];
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += batch) {
      const part = Buffer.from(piece.buffer, piece.byteOffset + at, Math.min(batch, piece.length - at));
      waiting.push(part);
      if (!part.includes(newline)) continue;
      const bytes = Buffer.concat([rest, ...waiting]);
      waiting = [];
      const end = cut(bytes);
      if (end > 0) yield bytes.subarray(0, end);
      rest = bytes.subarray(end);
    }
  }
  if (rest.length > 0 || waiting.length > 0) corrupt("its last line has no end");
}
