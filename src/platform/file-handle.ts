import { createReadStream, mkdtempSync, readFile } from "node:fs";
import path from "node:path";
import { inspect, promisify } from "node:util";
import type { Digest } from "../core/digest.ts";
import { fail, fromSystemError } from "../core/failure.ts";
import { type FileRef, fileRef } from "../core/file-ref.ts";
import { ensureDir } from "./files.ts";

/**
 * A file that a stage reads: what `file`, `glob` and `dir` give, and what a stage with the option `outputs` or the format
 * `file` makes. It is known by its name and content: two handles of equal name, content and executable bit are equal inputs.
 *
 * @example
 * ```ts
 * import { file, stage } from "sluice";
 *
 * const sales = file("data/sales.csv");
 * export const lines = stage({ sales }, async ({ sales }) => (await sales.text()).split("\n").length);
 * ```
 */
export interface FileHandle {
  /**
   * Absolute path. A file of the store is put into a scratch folder, under its own base name, when this is first asked for;
   * that copy belongs to this handle and is gone after the run.
   */
  readonly path: string;
  /** Relative to the project for a file of the project, else the name it was written under; `/` between parts. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** BLAKE3 of the content, 64 lower-case hexadecimal digits. */
  readonly digest: Digest;
  /** Whether its owner may execute it. */
  readonly executable: boolean;
  /** What stands for the file in keys and stored values. */
  readonly [fileRef]: FileRef;
  /**
   * The content as text, without a byte order mark.
   * @param encoding a label of the WHATWG Encoding Standard; `utf-8` unless given
   * @throws SluiceError `unsupported-value` when the content is not valid in that encoding, `missing-file`
   */
  text(encoding?: string): Promise<string>;
  /**
   * The content parsed as JSON. The type is what you say it is: nothing checks it.
   * @throws SluiceError `unsupported-value` when it is not JSON, `missing-file`
   */
  json<T = unknown>(): Promise<T>;
  /** The content, a copy of its own. @throws SluiceError `missing-file` */
  bytes(): Promise<Uint8Array>;
  /** The content in pieces, in constant memory. Iterable with `for await`. */
  stream(): ReadableStream<Uint8Array>;
  /** The reference, so that a handle in JSON is not an empty object by accident. */
  toJSON(): FileRef;
}

/** Where the content of stored files comes from: what a file handle needs of a blob store. */
export interface FileSource {
  read(digest: Digest): Promise<Uint8Array>;
  stream(digest: Digest): AsyncIterable<Uint8Array>;
  placeSync(digest: Digest, path: string, options: { readonly executable: boolean }): void;
  /** Absolute path of a folder for scratch files; made when it is needed. */
  readonly scratch: string;
}

/** The property by which a handle of a stored file tells where its content comes from. */
export const storedIn: unique symbol = Symbol("stored in");

/** Where the content of a handle comes from, if that is a store. */
export function sourceOf(handle: FileHandle): FileSource | undefined {
  return (handle as { [storedIn]?: FileSource })[storedIn];
}

/** A handle of a file of the project. */
export function projectFile(options: { readonly root: string; readonly ref: FileRef }): FileHandle {
  return new ProjectFile(options.root, options.ref);
}

/** A handle of a file in the store. */
export function storedFile(options: { readonly ref: FileRef; readonly source: FileSource }): FileHandle {
  return new StoredFile(options.ref, options.source);
}

abstract class Handle implements FileHandle {
  readonly #ref: FileRef;

  constructor(ref: FileRef) {
    this.#ref = ref;
  }

  abstract get path(): string;
  abstract bytes(): Promise<Uint8Array>;
  abstract stream(): ReadableStream<Uint8Array>;

  get [fileRef](): FileRef {
    return this.#ref;
  }

  get name(): string {
    return this.#ref.name;
  }

  get size(): number {
    return this.#ref.size;
  }

  get digest(): Digest {
    return this.#ref.digest;
  }

  get executable(): boolean {
    return this.#ref.executable;
  }

  async text(encoding = "utf-8"): Promise<string> {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const bytes = await this.bytes();
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      const hint = 'give the encoding that it has, such as text("latin1"), or decode bytes() yourself';
      return fail("unsupported-value", `${this.name} is not ${decoder.encoding} text`, {
        where: { file: this.name },
        hint,
        cause,
      });
    }
  }

  async json<T = unknown>(): Promise<T> {
    const text = await this.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const message = `${this.name} is not JSON: ${(cause as Error).message}`;
      return fail("unsupported-value", message, { where: { file: this.name }, cause });
    }
  }

  toJSON(): FileRef {
    const { origin, name, size, digest, executable } = this.#ref;
    return { origin, name, size, digest, executable };
  }

  [inspect.custom](_depth: number, options: { stylize(text: string, style: "string" | "special"): string }): string {
    const name = options.stylize(JSON.stringify(this.name), "string");
    return `${options.stylize("FileHandle", "special")} ${name} (${this.size} bytes)`;
  }
}

/** Not that of `node:fs/promises`, which takes Node 2 ms to load. */
const readWhole = promisify(readFile);

class ProjectFile extends Handle {
  readonly #root: string;

  constructor(root: string, ref: FileRef) {
    super(ref);
    this.#root = root;
  }

  get path(): string {
    return path.resolve(this.#root, this.name);
  }

  async bytes(): Promise<Uint8Array> {
    try {
      const content = await readWhole(this.path);
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    } catch (error) {
      return this.#failed(error);
    }
  }

  stream(): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#pieces());
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of createReadStream(this.path)) yield piece as Uint8Array;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): never {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      fail("missing-file", `${this.name} is not there any more`, { where: { file: this.name }, cause: error });
    }
    throw fromSystemError(error, `reading ${this.name}`, this.name);
  }
}

class StoredFile extends Handle {
  readonly #source: FileSource;
  #path: string | undefined;

  constructor(ref: FileRef, source: FileSource) {
    super(ref);
    this.#source = source;
  }

  get [storedIn](): FileSource {
    return this.#source;
  }

  get path(): string {
    this.#path ??= this.#materialise();
    return this.#path;
  }

  bytes(): Promise<Uint8Array> {
    return this.#source.read(this.digest);
  }

  stream(): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#source.stream(this.digest));
  }

  /** A folder for each handle: files of one base name do not meet, and no consumer sees what another did to its copy. */
  #materialise(): string {
    const { scratch } = this.#source;
    const base = baseName(this.name);
    ensureDir(scratch);
    const target = path.join(mkdtempSync(path.join(scratch, "file-")), base);
    this.#source.placeSync(this.digest, target, { executable: this.executable });
    return target;
  }
}

/** The last part of a name that may come from a cache that someone else wrote: it must not lead out of its folder. */
function baseName(name: string): string {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const unfit = base === "" || base === "." || base === ".." || base.includes("\0") || path.basename(base) !== base;
  if (unfit) fail("corrupt-value", `${JSON.stringify(name)} cannot be the name of a file`);
  return base;
}
