import { existsSync, lstatSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { lockFile } from "./file-lock.ts";

/** Milliseconds to wait for another process that sets the same file aside. */
const patience = 30_000;

const sideFiles = ["-wal", "-shm", "-journal"];

/** Which file is at a path now; undefined when there is none. Differs when the file is replaced, not when it is written to. */
export function identityOf(file: string): string | undefined {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/**
 * Renames a damaged database and its side files to `<name>.damaged-<time>`, unless someone else has done so meanwhile. Those
 * who still have it open keep the old file: SQLite sees that it has moved and leaves the new one's side files alone.
 * @param seen the identity of the file in which the damage was found
 * @returns the new name, without folder; undefined when the file was no longer the one that was seen
 */
export function setAside(file: string, seen: string | undefined): string | undefined {
  return exclusively(`${file}.lock`, () => {
    if (identityOf(file) !== seen) return undefined;
    const target = freeName(`${file}.damaged-${new Date().toISOString().replaceAll(":", "").replace(".", "-")}`);
    // The database last: killed half-way, it is still found damaged, and never joined by another one's log.
    for (const end of [...sideFiles, ""]) {
      if (identityOf(file + end) !== undefined) renameSync(file + end, target + end);
    }
    return basename(target);
  });
}

function freeName(name: string): string {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/** Runs `work` while no other process does. */
function exclusively<T>(file: string, work: () => T): T {
  let lock = lockFile(file, patience);
  if (!lock) {
    // Nothing is kept in it, so whatever is there instead may go.
    rmSync(file, { recursive: true, force: true });
    lock = lockFile(file, patience);
    if (!lock) throw new Error(`cannot lock ${file}`);
  }
  try {
    return work();
  } finally {
    lock.close();
  }
}
