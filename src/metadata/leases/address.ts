import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { fail, fromSystemError, temporaryHint } from "../../core/failure.ts";
import { randomDigits } from "../../platform/random-name.ts";

/** One holder of leases: never used again once it is gone, so that nothing depends on process ids. */
export interface Owner {
  readonly id: string;
  /** The Unix socket, or the named pipe on Windows, that it listens on while it lives. */
  readonly address: string;
}

const pipes = "\\\\.\\pipe\\sluice-";
const form = /^[0-9a-f]{24}$/;

/** What the kernel takes as the path of a socket on every system (`sun_path`, with the zero at its end). */
const longest = 103;

/** A new owner, with a folder for its socket that only this user can look into. */
export function newOwner(): Owner {
  const id = randomDigits(24);
  if (process.platform === "win32") return { id, address: pipes + id };
  for (const base of new Set([tmpdir(), "/tmp"])) {
    if (Buffer.byteLength(join(base, "sluice-1234567890", `${id}.sock`)) > longest) continue;
    return { id, address: join(privateFolder(base), `${id}.sock`) };
  }
  fail("io", `the path of the temporary folder ${tmpdir()} is too long for a socket`, {
    hint: "set TMPDIR to a shorter one",
  });
}

/** Whether a row that claims to tell of an owner can be true; nothing else is ever connected to or removed. */
export function isOwner({ id, address }: Owner): boolean {
  if (!form.test(id)) return false;
  return process.platform === "win32"
    ? address === pipes + id
    : isAbsolute(address) && basename(address) === `${id}.sock` && Buffer.byteLength(address) <= longest;
}

/** Removes the socket that a dead owner left; nothing else that may be at its address. */
export function removeSocket({ address }: Owner): void {
  if (process.platform !== "win32" && isSocket(address)) rmSync(address, { force: true });
}

/** What cannot be looked at was not left by an owner of ours. */
function isSocket(address: string): boolean {
  try {
    return lstatSync(address, { throwIfNoEntry: false })?.isSocket() ?? false;
  } catch {
    return false;
  }
}

/** Owners whose sockets lie beside this one's and are older than `age` milliseconds, dead or alive; at most `limit`. */
export function neighbours(owner: Owner, age: number, limit: number): Owner[] {
  if (process.platform === "win32") return [];
  const folder = join(owner.address, "..");
  const found: Owner[] = [];
  for (const name of readdirSync(folder)) {
    const other = { id: basename(name, ".sock"), address: join(folder, name) };
    if (other.id === owner.id || !isOwner(other)) continue;
    const stat = lstatSync(other.address, { throwIfNoEntry: false });
    if (stat?.isSocket() && Date.now() - stat.mtimeMs > age && found.push(other) >= limit) break;
  }
  return found;
}

function privateFolder(base: string): string {
  const uid = process.getuid?.();
  const folder = join(base, `sluice-${uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0) return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw fromSystemError(error, "making a folder for sockets", folder, temporaryHint);
  }
  // Someone else was there first.
  return mkdtempSync(join(base, "sluice-"));
}
