import { type Digest, digestOf } from "../../core/digest.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { KnownEnd } from "./known-end.ts";

/**
 * What is kept of a target of a run: its value, canonically encoded, where that is small and leads to nothing; else the key of its
 * result. Null for a source, which is known without.
 */
type StoredTarget = Digest | Uint8Array | null;

/** The end of a run in which every stage was reused, and its targets. */
export interface StoredRun extends KnownEnd {
  readonly targets: readonly StoredTarget[];
}

/** Bytes of a run, at most: each that follows from something else takes room from what is known of programs. */
const mostBytes = 8 << 20;
/** Bytes of a value: about what a key takes. */
const mostOfValue = 64;

/** @param record of the target; undefined for a source */
export function storedTarget(record: ResultRecord | undefined): StoredTarget {
  return record ? (plainValue(record) ?? record.key) : null;
}

function plainValue({ format, params, artifacts }: ResultRecord): Uint8Array | undefined {
  if (format !== "auto" || params !== undefined || artifacts.length !== 1) return undefined;
  const { name, inline, digest } = artifacts[0]!;
  if (name !== "value" || !inline || inline.length > mostOfValue) return undefined;
  return digestOf(inline) === digest ? inline : undefined;
}

/**
 * The digest of what comes after it, and that: JSON, in which a value is the number of its bytes, a line feed, and the values one after
 * the other. Values are given out as they are there, so they are checked as those of results are. Undefined for too large a run.
 */
export function encodeStoredRun(run: StoredRun): Uint8Array | undefined {
  const values: Uint8Array[] = [];
  const targets = run.targets.map((target) => {
    if (typeof target === "string" || !target) return target;
    values.push(target);
    return target.length;
  });
  const content = Buffer.concat([Buffer.from(`${JSON.stringify({ ...run, targets })}\n`), ...values]);
  return content.length > mostBytes ? undefined : Buffer.concat([Buffer.from(digestOf(content)), content]);
}

/** What `encodeStoredRun` was given; undefined when it did not make these bytes. The values are views of them. */
export function decodeStoredRun(bytes: Uint8Array): StoredRun | undefined {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(digestLength);
  if (digestOf(content) !== Buffer.from(bytes.subarray(0, digestLength)).toString()) return undefined;
  const end = content.indexOf("\n");
  const run = JSON.parse(content.toString("utf8", 0, end)) as Encoded;
  let at = end + 1;
  const targets = run.targets.map((target) => {
    if (typeof target !== "number") return target;
    at += target;
    return content.subarray(at - target, at);
  });
  return { ...run, targets };
}

/** Hexadecimal digits. */
const digestLength = 64;

interface Encoded extends KnownEnd {
  readonly targets: readonly (Digest | number | null)[];
}
