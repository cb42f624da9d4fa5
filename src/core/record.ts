import type { Digest } from "./digest.ts";
import type { JsonValue } from "./json.ts";
import type { NodeKind } from "./node.ts";

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

/** One input as a key saw it. */
export interface RecordedInput {
  readonly name: string;
  readonly kind: NodeKind | "value";
  /** The name of the node that gave it; absent for a plain value. */
  readonly node?: string;
  readonly version: Digest;
  /** A short text of the value, for `why`; absent for secrets and for what is not small. */
  readonly preview?: string;
}

/** What a key maps to. */
export interface ResultRecord {
  readonly key: Digest;
  readonly node: string;
  readonly kind: NodeKind;
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
  /** Checks that warned; said again on every hit. */
  readonly warnings: readonly string[];
  /** Milliseconds that the work took. */
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly runId: string;
}
