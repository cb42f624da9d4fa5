import type { Digest } from "../core/digest.ts";
import type { RecordedInput } from "../core/record.ts";

/**
 * What an entry is found by: digests of what it is made of, as it was when the key was built. What is edited afterwards changes
 * no key; see `wrap` and `commit` for what becomes of an entry then. Made by `cache.key()`.
 */
export interface CacheKey {
  readonly label: string;
  /** 64 hexadecimal digits. @throws SluiceError what is wrong with the inputs, all of it at once */
  readonly digest: Digest;
  /** What the key was built of: names, kinds, digests, and of values that are no secrets their beginning. */
  readonly inputs: readonly RecordedInput[];
  /** The digest. */
  toString(): string;
  toJSON(): { readonly label: string; readonly digest: Digest };
}

export interface KeyFileOptions {
  /**
   * What the file is called in the key; its path relative to the root of the cache unless given. With it, the same content at
   * another place is the same input.
   */
  readonly as?: string;
}

export interface KeyGlobOptions {
  /** Whether no match is fine; false unless given. */
  readonly allowEmpty?: boolean;
  /** Whether names that start with a dot match; false unless given. */
  readonly dot?: boolean;
}

export interface KeyDirOptions {
  /** Patterns of paths inside the folder that do not count, folders with all that is in them. */
  readonly exclude?: readonly string[];
}

/**
 * Says what an entry is made of. Each call gives a new builder and leaves the one it was called on as it was, so keys may share a
 * beginning. What is wrong with an input is told when the key is first used, all of it at once.
 *
 * Of files, patterns, folders and bytes without a name the order counts; of everything with a name the name.
 */
export interface KeyBuilder {
  /** A file, by its path, content and executable bit. @param path relative to the root of the cache */
  file(path: string, options?: KeyFileOptions): KeyBuilder;

  /**
   * All files that match a pattern, or several; one that starts with `!` takes away. That nothing matches is an error unless
   * `allowEmpty` says otherwise.
   * @param patterns relative to the root of the cache
   */
  glob(patterns: string | readonly string[], options?: KeyGlobOptions): KeyBuilder;

  /**
   * A folder with everything in it, at any depth: files as `file` sees them, folders, and where links lead. The cache itself is
   * left out.
   * @param path relative to the root of the cache
   */
  dir(path: string, options?: KeyDirOptions): KeyBuilder;

  /** Bytes, as they are now. */
  bytes(data: Uint8Array): KeyBuilder;

  /** Bytes with a name, as they are now. */
  bytes(name: string, data: Uint8Array): KeyBuilder;

  /** A text. Keeps its beginning in the cache, for people: use `env` for secrets. */
  string(name: string, value: string): KeyBuilder;

  /**
   * Any data: what has a canonical encoding. Told apart is all that JavaScript tells apart, so `1` is not `"1"`, and the order of
   * properties counts. Keeps the beginning in the cache, for people: use `env` for secrets.
   */
  value(name: string, value: unknown): KeyBuilder;

  /** A version of the work, changed by hand when its code changes. The same as `string("version", version)`. */
  version(version: string): KeyBuilder;

  /** A variable of the environment, as it is now; one that is not set is not an empty one. Only its digest is kept. */
  env(name: string): KeyBuilder;

  /** The key: looks at the files now. What is wrong is thrown when it is first used. */
  build(): CacheKey;
}
