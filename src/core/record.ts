import { type Digest, digestOf } from "./digest.ts";
import { fail } from "./failure.ts";
import type { JsonValue } from "./json.ts";
import type { NodeKind, OutsideUse, RecordKind } from "./node.ts";

/** One stored piece of a result: the encoded value, or a file that the stage wrote. */
export interface Artifact {
  /** `value`, or `output` (the value as it is placed for the user), or `outputs.NAME`, or `files.N` for a handle inside the value. */
  readonly name: string;
  /** Of the content, uncompressed. */
  readonly digest: Digest;
  /** Bytes, uncompressed. */
  readonly size: number;
  readonly executable?: boolean;
  /** The content itself where it is small; else it is a blob. */
  readonly inline?: Uint8Array;
}

/**
 * The content of an artifact that is kept in its record, checked; undefined for a blob. A record is read for every reused
 * node, its content only where somebody wants it, so this is where damage to it shows.
 * @throws SluiceError `corrupt-blob`
 */
export function inlineContent({ name, digest, inline }: Artifact): Uint8Array | undefined {
  if (inline && digestOf(inline) !== digest) {
    fail("corrupt-blob", `the stored content of "${name}" is damaged`, { hint: "run the node again to make it anew" });
  }
  return inline;
}

/** One input as a key saw it. */
export interface RecordedInput {
  readonly name: string;
  readonly kind: NodeKind | "value";
  /** The name of the node that gave it; absent for a plain value. */
  readonly node?: string;
  readonly version: Digest;
  /** A short text of the value, for `why`; absent for what may be a secret and for what is not small. */
  readonly preview?: string;
}

/**
 * A file or a folder outside of the store that a function says it read or wrote, as it was when the result was made: the result is
 * reused only while it is the same.
 */
export interface OutsidePath {
  /** Relative to the project, `/` between parts; absolute where it lies elsewhere and was named so. */
  readonly path: string;
  /** `cwd`: relative to the working folder of the process, as it was named; `machine`: absolute, wherever the project lies. */
  readonly from?: "cwd" | "machine";
  /**
   * Of an absolute path out of the project: the same, relative to the project. Nobody knows which of the two the function goes by, so
   * once the project lies elsewhere the result holds only while both are what the version says.
   */
  readonly also?: string;
  /** Of an absolute path in the project: its digest. Once the project lies elsewhere, nobody knows whether the path does as well. */
  readonly place?: Digest;
  readonly use: OutsideUse;
  /** Only this table of a DuckDB database counts. */
  readonly table?: string;
  /** Null where nobody can tell what it was when it was read, since it was written to at that time. */
  readonly version: Digest | null;
}

/** What a key is made of, beside the node. */
export type Wanted = Pick<ResultRecord, "codeVersion" | "inputs" | "settings">;

/** What a key maps to. */
export interface ResultRecord {
  readonly key: Digest;
  /** The name of the node; of an entry of the explicit cache, its label. */
  readonly node: string;
  readonly kind: RecordKind;
  readonly codeVersion: Digest;
  readonly inputs: readonly RecordedInput[];
  /** Settings that are part of the key. */
  readonly settings: { readonly [name: string]: JsonValue };
  readonly dataVersion: Digest;
  readonly format: string;
  /** What the format needs beside the bytes to give the value back. */
  readonly params?: JsonValue;
  readonly artifacts: readonly Artifact[];
  /** What the stage attached with `context.meta`. */
  readonly meta: { readonly [name: string]: JsonValue };
  /** What it holds for beside its inputs; absent where the function named nothing. */
  readonly outside?: readonly OutsidePath[];
  /** Checks that warned; said again on every hit. */
  readonly warnings: readonly string[];
  /** Milliseconds that the work took. */
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly runId: string;
}
