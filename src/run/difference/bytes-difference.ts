import type { BytesDifference } from "./types.ts";

/** How many bytes are shown from where they first differ. */
const shown = 16;

export function bytesDifference(before: Uint8Array, after: Uint8Array): BytesDifference {
  const size = { before: before.length, after: after.length };
  const both = Math.min(size.before, size.after);
  let first = -1;
  let changed = 0;
  for (let i = 0; i < both; i++) {
    if (before[i] === after[i]) continue;
    if (changed === 0) first = i;
    changed++;
  }
  if (changed === 0 && size.before === size.after) return { kind: "bytes", equal: true, size, changed };
  const offset = changed > 0 ? first : both;
  return {
    kind: "bytes",
    equal: false,
    size,
    first: { offset, before: hexadecimal(before, offset), after: hexadecimal(after, offset) },
    changed,
  };
}

function hexadecimal(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.subarray(offset, offset + shown)).toString("hex");
}
