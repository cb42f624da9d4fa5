import type { JsonValue } from "../core/json.ts";

/** Bytes, at once or as they come; strings are their UTF-8. */
export type Bytes = Uint8Array | string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

export interface PutDirOptions {
  /** Patterns of paths inside the folder that are not kept, folders with all that is in them. */
  readonly exclude?: readonly string[];
}

export interface PutValueOptions {
  /** How the value is stored; `auto` unless given, which holds any data. */
  readonly format?: string;
}

/**
 * What an entry is to hold: files, folders, bytes and values, each with a name of its own, and metadata. Names are data: any text
 * that is not empty. What is wrong is told when the entry is recorded, all of it at once, and then nothing is.
 */
export interface Pieces {
  /**
   * A file: its content, and whether it can be executed. It is read when the entry is recorded.
   * @param path relative to the root of the cache
   */
  file(name: string, path: string): this;

  /**
   * A folder with everything in it: files, folders, and links that lead to something inside. It is read when the entry is
   * recorded.
   * @param path relative to the root of the cache
   */
  dir(name: string, path: string, options?: PutDirOptions): this;

  /** Bytes, or a text, or a stream of them, which is read in constant memory when the entry is recorded. */
  bytes(name: string, content: Bytes): this;

  /** Any data. It is encoded when the entry is recorded. */
  value(name: string, value: unknown, options?: PutValueOptions): this;

  /** Metadata, read with the entry: small, and JSON. A name that is given again is replaced. */
  meta(name: string, value: JsonValue): this;
}

export interface CommitOptions {
  /** Milliseconds that the work took, which is what a hit saves; the time since the key was built unless given. */
  readonly durationMs?: number;
}

/** An entry in the making: its pieces, then `commit()`. Nothing is there before. */
export interface Writer extends Pieces {
  /**
   * Records the entry: all of it, or nothing. Where it succeeded, a second call does nothing but fail; where it failed, it may be
   * called again.
   * @throws SluiceError what is wrong with the key and the pieces; `input-changed` when an input of the key was changed since that
   *   was built: nobody knows what the entry was made of; `read-only`; what the store throws
   */
  commit(options?: CommitOptions): Promise<void>;
}
