import { isAbsolute } from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import type { OutsideUse, ReadOptions, WroteOptions } from "../../core/node.ts";
import type { OutsidePath } from "../../core/record.ts";
import {
  databaseVersion,
  lastChange,
  type Outlook,
  outsideName,
  outsideVersion,
  pathVersion,
  placeOfOutside,
} from "./outside-version.ts";
import type { Written } from "./writers.ts";

/** Kernels and file systems stamp files with clocks that tick; see `FileIndex`. Nanoseconds. */
const tick = 2_100_000_000n;
const fineTick = 100_000_000n;

interface Noted extends Pick<OutsidePath, "path" | "from" | "also" | "place" | "use" | "table"> {
  readonly absolute: string;
  /** Of what was read: what was there before. */
  readonly before?: Digest | undefined;
  /** It was read before this was known: nobody can tell what it was then. */
  readonly isUnsure?: boolean | undefined;
}

/** What one call of a stage's function says that it reads and writes outside of the store. */
export class OutsideNotes {
  readonly #outlook: Outlook;
  readonly #node: string;
  readonly #onWritten: (written: Written) => void;
  readonly #noted = new Map<string, Noted>();

  /** @param onWritten told of what is named as written, at once; it may throw */
  constructor(outlook: Outlook, node: string, onWritten: (written: Written) => void) {
    this.#outlook = outlook;
    this.#onWritten = onWritten;
    this.#node = node;
  }

  /** @throws SluiceError `usage`, `missing-file`, and what `pathVersion` throws */
  read(path: string, { since, ...how }: ReadOptions = {}): void {
    const noted = this.#checked("read", path, how);
    const before = this.#stateOf(noted);
    if (before === undefined) {
      fail("missing-file", `${this.#node} reads ${path}, where there is nothing`, {
        node: this.#node,
        where: { file: noted.absolute },
      });
    }
    const isUnsure = since !== undefined && isTouchedSince(noted.absolute, BigInt(Math.floor(since)) * 1_000_000n);
    this.#add({ ...noted, before, isUnsure });
  }

  /** @throws SluiceError `usage`, and what `onWritten` throws */
  wrote(path: string, how: WroteOptions = {}): void {
    const noted = this.#checked("written", path, how);
    this.#onWritten({ file: noted.absolute, table: noted.table });
    this.#add(noted);
  }

  /**
   * What all of it is now; `changed` is a path that was read and is not what it was.
   * @throws SluiceError `missing-output` where nothing was written
   */
  async settle(): Promise<{ readonly outside: readonly OutsidePath[]; readonly changed?: string }> {
    const outside: OutsidePath[] = [];
    let changed: string | undefined;
    for (const { absolute, before, isUnsure, ...noted } of this.#noted.values()) {
      const version = await outsideVersion(this.#outlook, absolute, noted);
      if (version === undefined && noted.use === "written") this.#notThere(noted);
      const isChanged = noted.use === "read" && this.#stateOf({ ...noted, absolute }) !== before;
      if (isChanged) changed ??= noted.path;
      // What was read of it, as far as anybody knows, is what was there before.
      const seen = isChanged && noted.table === undefined ? before : version;
      outside.push({ ...noted, version: isUnsure ? null : (seen ?? null) });
    }
    return { outside, ...(changed === undefined ? {} : { changed }) };
  }

  #checked(
    use: OutsideUse,
    given: unknown,
    { table, base }: { readonly table?: unknown; readonly base?: unknown },
  ): Noted {
    if (typeof given !== "string" || given === "" || given.includes("\0")) {
      return fail("usage", `${this.#node} names no path as ${use}`, { node: this.#node });
    }
    if (base !== undefined && (typeof base !== "string" || !isAbsolute(base))) {
      return fail("usage", `${this.#node} names a "base" that is no absolute folder`, { node: this.#node });
    }
    const name = outsideName(this.#outlook.root, given, base);
    const absolute = placeOfOutside(this.#outlook.root, name);
    return { ...name, use, absolute, ...(typeof table === "string" ? { table } : {}) };
  }

  #stateOf({ absolute, table }: Pick<Noted, "absolute" | "table">): Digest | undefined {
    const { files } = this.#outlook;
    try {
      return table === undefined ? pathVersion(files, absolute, "read") : databaseVersion(files, absolute);
    } catch (error) {
      // What it is at the end is what counts: should it not be readable then either, that is told.
      if (failureOf(error, "input-changed")) return digestParts("unsettled", []);
      throw error;
    }
  }

  /** Of what is written and read, it counts that it was written; of what is read twice, what was there the first time. */
  #add(noted: Noted): void {
    const key = JSON.stringify([noted.absolute, noted.table ?? null]);
    const earlier = this.#noted.get(key);
    if (earlier?.use === "written") return;
    const isReadAgain = earlier !== undefined && noted.use === "read";
    const isUnsure = earlier?.isUnsure || noted.isUnsure;
    this.#noted.set(key, isReadAgain ? { ...noted, before: earlier.before, isUnsure } : noted);
  }

  #notThere({ path, table }: Pick<OutsidePath, "path" | "table">): never {
    const what = table ? `the table ${table} of ${path}` : path;
    return fail("missing-output", `${this.#node} says that it wrote ${what}, where there is nothing`, {
      node: this.#node,
      hint: "name what it wrote: relative paths start from where the process runs",
    });
  }
}

function isTouchedSince(absolute: string, since: bigint): boolean {
  const last = lastChange(absolute);
  // Some file systems keep whole seconds.
  return last === undefined || last + (last % 1_000_000_000n === 0n ? tick : fineTick) >= since;
}
