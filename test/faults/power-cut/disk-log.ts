import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bytesOf, parseCalls, type SystemCall } from "../../rig/strace.ts";

/**
 * What was done to files below one folder, in order. Files and folders are numbers; the folder itself is 0. `sync` keeps what
 * was done to its file, or to the entries of its folder, before operation `from`.
 */
export type Operation =
  | { readonly kind: "entry"; readonly folder: number; readonly name: string; readonly to: Target | undefined }
  | { readonly kind: "write"; readonly file: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly file: number; readonly size: number }
  | { readonly kind: "sync"; readonly of: number; readonly from: number }
  | { readonly kind: "mark"; readonly text: string };

export interface Target {
  readonly id: number;
  readonly isFolder: boolean;
}

/** The system calls that change files, and those that say which file a number stands for. */
export const tracedCalls = [
  ...["open", "openat", "creat", "close", "dup", "dup2", "dup3", "lseek", "write", "pwrite64", "writev", "pwritev"],
  ...["ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync_file_range", "rename", "renameat", "renameat2"],
  ...["link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"],
  ...["copy_file_range", "sendfile", "ioctl"],
];

interface OpenFile {
  readonly path: string;
  readonly id: number | undefined;
  readonly appends: boolean;
  position: number;
}

/** Turns the system calls of one process after another into what they did. */
export class DiskLog {
  readonly operations: Operation[] = [];
  readonly #root: string;
  readonly #marks: string;
  readonly #live = new Map<string, Target>();
  readonly #sizes = new Map<number, number>();
  #ids = 0;

  /**
   * @param root absolute path of the folder; empty when the first process begins
   * @param marks absolute path of a file outside of it: each write to it is a mark
   */
  constructor(root: string, marks: string) {
    this.#root = root;
    this.#marks = marks;
    this.#live.set("", { id: 0, isFolder: true });
  }

  /** What is in the folder before the first process begins, and was there long enough to be on the disk. */
  begin(): void {
    for (const entry of readdirSync(this.#root, { recursive: true, withFileTypes: true })) {
      const at = path.join(entry.parentPath, entry.name);
      const target = { id: ++this.#ids, isFolder: entry.isDirectory() };
      this.#entry(at, target);
      if (entry.isFile()) this.#write(target.id, 0, readFileSync(at));
    }
    for (let id = 0; id <= this.#ids; id++)
      this.operations.push({ kind: "sync", of: id, from: this.operations.length });
  }

  mark(text: string): void {
    this.operations.push({ kind: "mark", text });
  }

  /** @param log what `strace -f -xx` told of one process that started no other */
  add(log: string): void {
    const files = new Map<number, OpenFile>();
    // How many operations were done before each line.
    const done: { readonly line: number; readonly count: number }[] = [];
    const first = this.operations.length;
    for (const call of parseCalls(log)) {
      if (call.result >= 0) this.#apply(call, files, () => countAt(done, call.begun) ?? first);
      done.push({ line: call.ended, count: this.operations.length });
    }
  }

  #apply({ name, args, result }: SystemCall, files: Map<number, OpenFile>, begun: () => number): void {
    const at = (folder: string, file: string): string => {
      const given = bytesOf(file).toString("utf8");
      return path.resolve(folder === "AT_FDCWD" ? "/" : (files.get(Number(folder))?.path ?? "/nowhere"), given);
    };
    const file = files.get(Number(args[0]));
    switch (name) {
      case "open":
        return this.#open(files, result, at("AT_FDCWD", args[0]!), args[1]!);
      case "openat":
        return this.#open(files, result, at(args[0]!, args[1]!), args[2]!);
      case "close":
        files.delete(Number(args[0]));
        return;
      case "lseek":
        if (file) file.position = result;
        return;
      case "write":
        if (!file) return;
        if (file.path === this.#marks) {
          this.operations.push({ kind: "mark", text: bytesOf(args[1]!).toString("utf8") });
          return;
        }
        if (file.id === undefined) return;
        if (file.appends) file.position = this.#sizes.get(file.id) ?? 0;
        this.#write(file.id, file.position, bytesOf(args[1]!).subarray(0, result));
        file.position += result;
        return;
      case "pwrite64":
        if (file?.id !== undefined) this.#write(file.id, Number(args[3]), bytesOf(args[1]!).subarray(0, result));
        return;
      case "ftruncate":
        if (file?.id !== undefined) this.#resize(file.id, Number(args[1]));
        return;
      case "fsync":
      case "fdatasync":
        if (file?.id !== undefined) this.operations.push({ kind: "sync", of: file.id, from: begun() });
        return;
      case "rename":
        return this.#rename(at("AT_FDCWD", args[0]!), at("AT_FDCWD", args[1]!));
      case "renameat":
      case "renameat2":
        return this.#rename(at(args[0]!, args[1]!), at(args[2]!, args[3]!));
      case "unlink":
      case "rmdir":
        return this.#entry(at("AT_FDCWD", args[0]!), undefined);
      case "unlinkat":
        return this.#entry(at(args[0]!, args[1]!), undefined);
      case "mkdir":
        return this.#entry(at("AT_FDCWD", args[0]!), { id: ++this.#ids, isFolder: true });
      case "mkdirat":
        return this.#entry(at(args[0]!, args[1]!), { id: ++this.#ids, isFolder: true });
      case "ioctl":
        // A clone would be a write of another file's content. Others change nothing.
        if (args[1]?.includes("FICLONE") && file?.id !== undefined) throw new Error("clones are not simulated");
        return;
      default:
        if (file?.id !== undefined || /link|truncate|creat/.test(name)) throw new Error(`${name} is not simulated`);
    }
  }

  #open(files: Map<number, OpenFile>, number: number, at: string, flags: string): void {
    const relative = this.#inside(at);
    if (relative === undefined) {
      files.set(number, { path: at, id: undefined, appends: false, position: 0 });
      return;
    }
    if (!this.#live.has(relative)) {
      if (!flags.includes("O_CREAT")) throw new Error(`${relative} was opened, and nobody had made it`);
      this.#entry(at, { id: ++this.#ids, isFolder: false });
    }
    const { id } = this.#live.get(relative)!;
    if (flags.includes("O_TRUNC") && (this.#sizes.get(id) ?? 0) > 0) this.#resize(id, 0);
    // What maps this file to memory writes there, and builds it anew after a power cut.
    const isSimulated = !relative.endsWith("-shm");
    files.set(number, { path: at, id: isSimulated ? id : undefined, appends: flags.includes("O_APPEND"), position: 0 });
  }

  /** The path in the folder; undefined for one outside. */
  #inside(at: string): string | undefined {
    if (at === this.#root) return "";
    return at.startsWith(`${this.#root}/`) ? at.slice(this.#root.length + 1) : undefined;
  }

  #write(file: number, position: number, bytes: Uint8Array): void {
    this.operations.push({ kind: "write", file, position, bytes });
    this.#sizes.set(file, Math.max(this.#sizes.get(file) ?? 0, position + bytes.length));
  }

  #resize(file: number, size: number): void {
    this.operations.push({ kind: "size", file, size });
    this.#sizes.set(file, size);
  }

  #rename(from: string, to: string): void {
    const source = this.#inside(from);
    const target = source === undefined ? undefined : this.#live.get(source);
    if (!target) return;
    if (target.isFolder) throw new Error("renames of folders are not simulated");
    this.#entry(to, target);
    this.#entry(from, undefined);
  }

  #entry(at: string, to: Target | undefined): void {
    const relative = this.#inside(at);
    if (relative === undefined || relative.endsWith("-shm")) return this.#note(relative, to);
    const folder = path.dirname(relative);
    const above = this.#live.get(folder === "." ? "" : folder);
    if (!above) throw new Error(`${relative} is in no folder that was made`);
    this.operations.push({ kind: "entry", folder: above.id, name: path.basename(relative), to });
    this.#note(relative, to);
  }

  #note(relative: string | undefined, to: Target | undefined): void {
    if (relative === undefined) return;
    if (to) this.#live.set(relative, to);
    else this.#live.delete(relative);
  }
}

/** How many operations were done before a line of the log. */
function countAt(done: readonly { readonly line: number; readonly count: number }[], line: number): number | undefined {
  return done.findLast((step) => step.line < line)?.count;
}
