import type { Digest } from "../core/digest.ts";
import type { JsonValue } from "../core/json.ts";

/** One piece of an entry. */
export interface ResultPiece {
  readonly name: string;
  readonly kind: "file" | "dir" | "bytes" | "value";
  /** Bytes; of a folder, of all files in it. */
  readonly size: number;
}

/**
 * An entry, as it was found. Its content is read, and checked, when it is asked for; until the result is closed no other process
 * evicts it. What turns out damaged makes the call fail with `corrupt-blob`, `missing-blob` or `corrupt-value`, and the entry is
 * gone: the next `get` finds none, and `wrap` makes it anew.
 */
export interface Result extends Disposable {
  readonly key: Digest;

  /** The label of the key. */
  readonly label: string;

  /** Every piece, in the order in which they were given. */
  readonly pieces: readonly ResultPiece[];

  /** The names of all pieces. */
  readonly names: readonly string[];

  /** Bytes of all that it holds; equal content counts each time. */
  readonly size: number;

  /** What `meta` was given when it was recorded. */
  readonly meta: { readonly [name: string]: JsonValue };

  readonly createdAt: Date;

  /** Milliseconds that it took to make. */
  readonly durationMs: number;

  /** Whether what was read of it turned out damaged. */
  readonly isDamaged: boolean;

  /** When it was last used before now, or made; noted some time later, so a use of this moment may be missing. */
  lastUsed(): Promise<Date>;

  has(name: string): boolean;

  /**
   * A copy of a file, of bytes or of a folder, checked: its absolute path. It is the caller's own, and gone when the cache is
   * closed.
   */
  file(name: string): Promise<string>;

  /**
   * Puts a file, bytes or a folder at a path, each file whole or not at all. A link at the path of a file is replaced; below that
   * of a folder none is followed, and what is there under other names stays.
   * @param target relative to the root of the cache
   */
  copyTo(name: string, target: string): Promise<void>;

  /**
   * Makes a path what a file, bytes or a folder is: like `copyTo`, but what is right already is not written, and what is in the
   * folder and not in the entry is removed. A link at the path is replaced.
   * @param target relative to the root of the cache
   * @returns whether anything was not as it is now
   */
  mirror(name: string, target: string): Promise<boolean>;

  /**
   * Puts all files, bytes and folders below a folder, under their names. Nothing is written outside of it, whatever the names are.
   * @param folder relative to the root of the cache
   * @throws SluiceError `unsupported-value` for a name that cannot be a path below a folder, and where a link is in the way
   */
  restore(folder: string): Promise<void>;

  /** The content of a file or of bytes, a copy of its own. */
  bytes(name: string): Promise<Uint8Array>;

  /**
   * The content of a file or of bytes in pieces, in constant memory. A piece comes one late, and the last only if all of it is what
   * was put there: who reads to the end has read no wrong byte.
   */
  stream(name: string): AsyncGenerator<Uint8Array, void, undefined>;

  /**
   * A value, decoded anew for each call. The type is what you say it is: nothing checks it.
   * @param name `value` unless given, which is what `wrap` keeps
   */
  value<T = unknown>(name?: string): Promise<T>;

  /** Lets go of the entry, which may be evicted from now on. Copies of files stay. */
  close(): void;
}
