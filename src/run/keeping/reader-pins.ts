import { closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { attempt, removeEntry, systemCode } from "../../platform/files.ts";
import { isAlive, parseMark } from "../../platform/process-mark.ts";
import { isAbandoned, tempName } from "../../platform/temp-file.ts";
import type { Store } from "../workspace.ts";

/** Bytes of a key in a file of pins. */
const slotSize = 32;
const nothing = Buffer.alloc(slotSize);

/**
 * What this process reads, told to those who evict: one small file in `v1/readers/`, named for the process, in which each key has
 * a place of 32 bytes. To pin or unpin is one write. Pin a key first, then read its record: who evicts removes the record, then
 * looks at the pins, and puts it back if it has been pinned meanwhile. So either the reader finds no record, or the evictor finds
 * its pin. The files of dead processes mean nothing.
 */
export class ReaderPins {
  readonly #folder: string | undefined;
  readonly #pins = new Map<Digest, { readonly slot: number; count: number }>();
  readonly #free: number[] = [];
  #file: { readonly path: string; readonly fd: number } | undefined;
  #slots = 0;

  /** @param folder absolute path; undefined where nobody evicts: in memory, and where nothing can be written */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /**
   * Keeps a result, whether there is one or not, until `unpin` was called as often.
   * @throws SluiceError `no-space`, `io`
   */
  pin(key: Digest): void {
    if (this.#folder === undefined) return;
    const known = this.#pins.get(key);
    if (known) {
      known.count++;
      return;
    }
    const slot = this.#free.pop() ?? this.#slots++;
    try {
      this.#write(slot, Buffer.from(key, "hex"));
    } catch (error) {
      this.#free.push(slot);
      throw error;
    }
    this.#pins.set(key, { slot, count: 1 });
  }

  /** Lets go of a result. One that is not pinned stays so. */
  unpin(key: Digest): void {
    const known = this.#pins.get(key);
    if (!known || --known.count > 0) return;
    this.#pins.delete(key);
    this.#write(known.slot, nothing);
    this.#free.push(known.slot);
  }

  /** Lets go of everything. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#pins.clear();
    if (!file) return;
    closeSync(file.fd);
    removeEntry(file.path);
  }

  #write(slot: number, bytes: Uint8Array): void {
    const folder = this.#folder!;
    attempt("noting what is read", folder, () => {
      this.#file ??= openPins(folder);
      writeSync(this.#file.fd, bytes, 0, slotSize, slot * slotSize);
    });
  }
}

function openPins(folder: string): { readonly path: string; readonly fd: number } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, tempName());
  return { path: file, fd: openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600) };
}

/** What a process pins with, for the results of a store. */
export function openReaderPins(store: Pick<Store, "cacheDir" | "metadata">): ReaderPins {
  return new ReaderPins(store.metadata.readOnly ? undefined : readersFolder(store));
}

/** What all processes that live have pinned. */
export function readerPins(store: Pick<Store, "cacheDir">): ReadonlySet<Digest> {
  const pinned = new Set<Digest>();
  for (const file of readerFiles(store)) {
    if (isLeft(file)) continue;
    const bytes = quietly(() => readFileSync(file)) ?? nothing;
    for (let at = 0; at + slotSize <= bytes.length; at += slotSize) {
      const slot = bytes.subarray(at, at + slotSize);
      if (!slot.equals(nothing)) pinned.add(slot.toString("hex"));
    }
  }
  return pinned;
}

/** Removes what readers left behind that are no more; gives how many there were, or would be removed on a dry run. */
export function removeLeftPins(store: Pick<Store, "cacheDir">, dryRun: boolean): { files: number; bytes: number } {
  const left = { files: 0, bytes: 0 };
  for (const file of readerFiles(store)) {
    if (!isLeft(file)) continue;
    left.files++;
    left.bytes += quietly(() => statSync(file))?.size ?? 0;
    if (!dryRun) removeEntry(file);
  }
  return left;
}

function readersFolder({ cacheDir }: Pick<Store, "cacheDir">): string | undefined {
  return cacheDir === undefined ? undefined : path.join(cacheDir, "v1", "readers");
}

function readerFiles(store: Pick<Store, "cacheDir">): readonly string[] {
  const folder = readersFolder(store);
  const names = folder === undefined ? [] : (quietly(() => readdirSync(folder)) ?? []);
  return names.map((name) => path.join(folder!, name));
}

/** Of a process that is alive nothing is left, however long it has not written; where that cannot be known, age decides. */
function isLeft(file: string): boolean {
  const name = path.basename(file);
  const mark = parseMark(name);
  const alive = mark && isAlive(mark);
  if (alive !== undefined) return !alive;
  const stat = quietly(() => statSync(file));
  return stat === undefined || isAbandoned(name, stat.mtimeMs);
}

/** A file may go while it is looked at: its reader has ended. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
