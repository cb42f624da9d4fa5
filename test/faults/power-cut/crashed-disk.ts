import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Random } from "../../../bench/random.ts";
import type { Operation, Target } from "./disk-log.ts";

/** What a disk writes whole or not at all. */
const sector = 512;

/** Which of the operations that nothing had synced yet reached the disk. */
interface Survival {
  readonly name: string;
  entry(time: number): boolean;
  /** Whether the file is known to reach as far as a write did, or was cut. */
  size(time: number): boolean;
  sector(time: number): boolean;
}

const shapes: readonly ((random: Random, cut: number) => Survival)[] = [
  () => ({ name: "nothing", entry: () => false, size: () => false, sector: () => false }),
  () => ({ name: "everything", entry: () => true, size: () => true, sector: () => true }),
  () => ({ name: "names and sizes without content", entry: () => true, size: () => true, sector: () => false }),
  () => ({ name: "content without names", entry: () => false, size: () => true, sector: () => true }),
  (random) => {
    const names = random.unit();
    return {
      name: "content, and some names",
      entry: () => random.unit() < names,
      size: () => true,
      sector: () => true,
    };
  },
  (random) => {
    const [entries, sizes, sectors] = [random.unit(), random.unit(), random.unit()];
    return {
      name: "some of everything",
      entry: () => random.unit() < entries,
      size: () => random.unit() < sizes,
      sector: () => random.unit() < sectors,
    };
  },
  (random) => {
    const whole = new Map<number, boolean>();
    const share = random.unit();
    const survives = (time: number): boolean => {
      if (!whole.has(time)) whole.set(time, random.unit() < share);
      return whole.get(time)!;
    };
    return { name: "some operations whole", entry: survives, size: survives, sector: survives };
  },
  (random, cut) => {
    const last = random.below(cut + 1);
    return {
      name: "a beginning, its end torn",
      entry: (time) => time < last,
      size: (time) => time <= last,
      sector: (time) => time < last || (time === last && random.unit() < 0.5),
    };
  },
  (random, cut) => {
    const first = random.below(cut + 1);
    return {
      name: "the last, not what came before",
      entry: (time) => time >= first,
      size: (time) => time >= first,
      sector: (time) => time >= first,
    };
  },
];

/** What is on a disk after the power was cut. */
export interface CrashedDisk {
  /** Operations that had been done by then. */
  readonly cut: number;
  /** How it was chosen what survived. */
  readonly shape: string;
  /** Operations that nothing had synced, and of these how many did not reach the disk whole. */
  readonly pending: number;
  readonly lost: number;
  /** Contents by path; undefined for a folder. Folders come before what is in them. */
  readonly entries: ReadonlyMap<string, Buffer | undefined>;
}

/**
 * A state that a disk may legally be in after the power was cut at some instant of a log. What was synced is there. Of what was
 * not, each sector of each write, each size and each entry of a folder is there or not, on its own. A rename is there or not in
 * the folder that it leads to, and apart from that in the folder that it leads from.
 * @param from the first instant that may be chosen, as a number of operations; 0 unless given
 */
export function crashedDisk(operations: readonly Operation[], random: Random, from = 0): CrashedDisk {
  const cut = from + random.below(operations.length + 1 - from);
  const survival = shapes[random.below(shapes.length)]!(random, cut);
  const synced = new Map<number, number>();
  for (const operation of operations.slice(0, cut)) {
    if (operation.kind !== "sync") continue;
    synced.set(operation.of, Math.max(operation.from, synced.get(operation.of) ?? 0));
  }
  const isSynced = (id: number, time: number): boolean => time < (synced.get(id) ?? 0);
  const files = new Map<number, Content>();
  const folders = new Map<number, Map<string, Target>>();
  let pending = 0;
  let lost = 0;
  for (let time = 0; time < cut; time++) {
    const operation = operations[time]!;
    if (operation.kind === "entry") {
      const { folder, name, to } = operation;
      const safe = isSynced(folder, time);
      if (!safe) pending++;
      if (!safe && !survival.entry(time)) {
        lost++;
        continue;
      }
      const entries = folders.get(folder) ?? new Map<string, Target>();
      folders.set(folder, entries);
      if (to) entries.set(name, to);
      else entries.delete(name);
    } else if (operation.kind === "write" || operation.kind === "size") {
      const content = files.get(operation.file) ?? new Content();
      files.set(operation.file, content);
      const safe = isSynced(operation.file, time);
      if (!safe) pending++;
      if (!content.apply(operation, safe ? undefined : survival, time)) lost++;
    }
  }
  return { cut, shape: survival.name, pending, lost, entries: tree(folders, files) };
}

/** Writes what is on the disk into an empty folder. */
export function materialise({ entries }: CrashedDisk, dir: string): void {
  for (const [name, content] of entries) {
    if (content) writeFileSync(path.join(dir, name), content);
    else mkdirSync(path.join(dir, name));
  }
}

class Content {
  #bytes = Buffer.alloc(0);
  #size = 0;

  /** @returns whether all of it survived */
  apply(
    operation: Extract<Operation, { kind: "write" | "size" }>,
    survival: Survival | undefined,
    time: number,
  ): boolean {
    const isSized = survival?.size(time) ?? true;
    if (operation.kind === "size") {
      if (!isSized) return false;
      if (operation.size < this.#bytes.length) this.#bytes.fill(0, operation.size);
      this.#size = operation.size;
      return true;
    }
    const { position, bytes } = operation;
    const end = position + bytes.length;
    let isWhole = isSized;
    this.#reach(end);
    if (isSized) this.#size = Math.max(this.#size, end);
    for (let at = position; at < end; ) {
      const next = Math.min(end, (Math.floor(at / sector) + 1) * sector);
      if (survival?.sector(time) ?? true) this.#bytes.set(bytes.subarray(at - position, next - position), at);
      else isWhole = false;
      at = next;
    }
    return isWhole;
  }

  get bytes(): Buffer {
    this.#reach(this.#size);
    return this.#bytes.subarray(0, this.#size);
  }

  #reach(length: number): void {
    if (length <= this.#bytes.length) return;
    const longer = Buffer.alloc(Math.max(length, this.#bytes.length * 2));
    this.#bytes.copy(longer);
    this.#bytes = longer;
  }
}

function tree(
  folders: ReadonlyMap<number, ReadonlyMap<string, Target>>,
  files: ReadonlyMap<number, Content>,
): Map<string, Buffer | undefined> {
  const entries = new Map<string, Buffer | undefined>();
  const open: [string, number][] = [["", 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [above, id] = next;
    for (const [name, target] of folders.get(id) ?? []) {
      const at = path.join(above, name);
      entries.set(at, target.isFolder ? undefined : (files.get(target.id)?.bytes ?? Buffer.alloc(0)));
      if (target.isFolder) open.push([at, target.id]);
    }
  }
  return entries;
}
