import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { attempt, ensureDir, readFully, removeEntry, writeAll } from "../../platform/files.ts";
import { tempName } from "../../platform/temp-file.ts";

/** How much is held back before it is written, in bytes. */
const atOnce = 256 << 10;

/** Records on their way, in a scratch file: there may be more of them than fit into memory. */
export class Spool {
  readonly #path: string;
  readonly #fd: number;
  #held: Uint8Array[] = [];
  #heldSize = 0;
  #written = 0;

  constructor(folder: string) {
    ensureDir(folder, 0o700);
    this.#path = path.join(folder, tempName());
    this.#fd = attempt("making a temporary file", this.#path, () => openSync(this.#path, "wx+", 0o600));
  }

  /** Takes some bytes, which stay as they are; gives where they are. */
  add(bytes: Uint8Array): number {
    const position = this.#written + this.#heldSize;
    this.#held.push(bytes);
    this.#heldSize += bytes.length;
    if (this.#heldSize >= atOnce) this.#flush();
    return position;
  }

  /** What is at a place, as far as there is so much. */
  read(position: number, length: number): Buffer {
    if (this.#heldSize > 0) this.#flush();
    const bytes = Buffer.allocUnsafe(length);
    return attempt("reading a file", this.#path, () => bytes.subarray(0, readFully(this.#fd, bytes, position)));
  }

  /** How much was given, in bytes. */
  get size(): number {
    return this.#written + this.#heldSize;
  }

  close(): void {
    closeSync(this.#fd);
    removeEntry(this.#path);
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#held, this.#heldSize);
    attempt("writing a file", this.#path, () => writeAll(this.#fd, bytes));
    this.#written += bytes.length;
    this.#held = [];
    this.#heldSize = 0;
  }
}
