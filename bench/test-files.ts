import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Random } from "./random.ts";

const mebibyte = 1 << 20;

/** A file of bytes that do not compress and do not repeat. */
export function writeBigFile(path: string, megabytes: number): void {
  const block = randomBytes(mebibyte, 1);
  const words = new Uint32Array(block.buffer);
  const descriptor = openSync(path, "w");
  for (let at = 0; at < megabytes; at += 1) {
    words[0] = at;
    writeSync(descriptor, block);
  }
  closeSync(descriptor);
}

/** Files of 4 KiB, all different. */
export function writeManyFiles(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  const block = randomBytes(4096, 2);
  const words = new Uint32Array(block.buffer);
  for (let at = 0; at < count; at += 1) {
    words[0] = at;
    writeFileSync(join(folder, fileName(at)), block);
  }
}

/** Gives every file the time of now, and leaves what is in it. */
export function touchAll(folder: string, count: number): void {
  const now = new Date();
  for (let at = 0; at < count; at += 1) utimesSync(join(folder, fileName(at)), now, now);
}

function fileName(at: number): string {
  return `f${String(at).padStart(6, "0")}.bin`;
}

function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const words = new Uint32Array(length / 4).map(() => random.below(2 ** 32));
  return new Uint8Array(words.buffer);
}
