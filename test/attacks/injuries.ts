import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { digestOf } from "../../src/core/digest.ts";
import { encodeTrailer } from "../../src/store/stored-blob.ts";
import { noise } from "../conformance/blob-store.ts";

/** What can become of a blob's file, by what is in its place then. */
export const injuries: Readonly<Record<string, (file: string) => void>> = {
  "first byte flipped": (file) => flip(file, 0),
  "middle byte flipped": (file) => flip(file, Math.floor(statSync(file).size / 2)),
  "last byte flipped": (file) => flip(file, statSync(file).size - 1),
  emptied: (file) => truncateSync(file, 0),
  "a byte cut off": (file) => truncateSync(file, statSync(file).size - 1),
  "half cut off": (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  "a byte longer": (file) => writeFileSync(file, "x", { flag: "a" }),
  "a byte longer in front": (file) => writeFileSync(file, Buffer.concat([Buffer.from("x"), readFileSync(file)])),
  "a hole of zeros": (file) => {
    const { size } = statSync(file);
    truncateSync(file, 0);
    truncateSync(file, size);
  },
  "another blob's file": (file) => writeFileSync(file, rawBlob(Buffer.from("not what it should be"))),
  "another blob of the same size": (file) => writeFileSync(file, rawBlob(noise(statSync(file).size - 24 || 1, 99))),
  "a link to a good copy": (file) => {
    renameSync(file, `${file}.copy`);
    symlinkSync(`${file}.copy`, file);
  },
  "a link to itself": (file) => {
    rmSync(file);
    symlinkSync(file, file);
  },
  "a link to nowhere": (file) => {
    rmSync(file);
    symlinkSync(`${file}.nowhere`, file);
  },
  "a folder": (file) => {
    rmSync(file);
    mkdirSync(path.join(file, "inner"), { recursive: true });
  },
  "a pipe": (file) => {
    rmSync(file);
    execFileSync("mkfifo", [file]);
  },
};

/** What can happen in a store that has more than one blob. */
export const moreInjuries: Readonly<Record<string, (file: string) => void>> = {
  ...injuries,
  gone: (file) => rmSync(file),
  "swapped with another blob": (file) => {
    const other = otherBlob(file);
    renameSync(file, `${file}.aside`);
    renameSync(other, file);
    renameSync(`${file}.aside`, other);
  },
  "a link to another blob": (file) => {
    const other = otherBlob(file);
    rmSync(file);
    symlinkSync(other, file);
  },
  "a link to a device": (file) => {
    rmSync(file);
    symlinkSync("/dev/zero", file);
  },
};

/** Flips one bit of a byte. */
export function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x10;
  writeFileSync(file, bytes);
}

export function rawBlob(content: Buffer): Buffer {
  return Buffer.concat([content, encodeTrailer({ codec: "raw", size: content.length, bodySize: content.length })]);
}

/** A blob's file that is not this one; one is made where there is none. */
function otherBlob(file: string): string {
  const dir = path.dirname(path.dirname(file));
  for (const shard of readdirSync(dir)) {
    for (const name of readdirSync(path.join(dir, shard))) {
      const other = path.join(dir, shard, name);
      if (other !== file && name.length === 62 && statSync(other).isFile()) return other;
    }
  }
  const digest = digestOf("another");
  const other = path.join(dir, digest.slice(0, 2), digest.slice(2));
  mkdirSync(path.dirname(other), { recursive: true });
  writeFileSync(other, rawBlob(Buffer.from("another")));
  return other;
}
