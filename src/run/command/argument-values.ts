import { chmodSync, closeSync, openSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ownFolder } from "../../core/command/spec.ts";
import { type Placeholder, placeholderText } from "../../core/command/template.ts";
import { fail, failureOf } from "../../core/failure.ts";
import { fileRefOf } from "../../core/file-ref.ts";
import { nearest } from "../../core/graph.ts";
import type { StageContext } from "../../core/node.ts";
import { rowsRefOf } from "../../core/rows-ref.ts";
import { shortText } from "../../core/short-text.ts";
import { isDirHandle } from "../../platform/dir-handle.ts";
import type { FileHandle } from "../../platform/file-handle.ts";
import { ensureDir, writeAll } from "../../platform/files.ts";
import type { RowsHandle } from "../../platform/rows-handle.ts";
import { formatOf } from "../../store/formats.ts";

/** What a placeholder stands for: one text, or the paths of several files. */
export type ArgumentValue = string | readonly string[];

/** Values as a program can be given them: texts, and paths of files. */
export class ArgumentValues {
  readonly #inputs: Readonly<Record<string, unknown>>;
  readonly #context: StageContext;
  readonly #folders: ReadonlySet<string>;
  readonly #lists: ReadonlySet<string>;
  readonly #known = new Map<string, ArgumentValue>();
  /** Placeholders that stand for paths, not for texts. */
  readonly #paths = new Set<string>();

  /**
   * @param folders the outputs that are folders
   * @param lists the inputs that are lists of files, however many there are
   */
  constructor(
    inputs: Readonly<Record<string, unknown>>,
    context: StageContext,
    { folders, lists }: { readonly folders: ReadonlySet<string>; readonly lists: ReadonlySet<string> },
  ) {
    this.#inputs = inputs;
    this.#context = context;
    this.#folders = folders;
    this.#lists = lists;
  }

  /** What a placeholder stands for; the same path each time. @throws SluiceError `unsupported-value` */
  async get(place: Placeholder): Promise<ArgumentValue> {
    const id = placeholderText(place);
    const known = this.#known.get(id) ?? (await this.#find(place));
    this.#known.set(id, known);
    return known;
  }

  /** The same where there is room for one text only. @throws SluiceError `unsupported-value` */
  async single(place: Placeholder): Promise<string> {
    const value = await this.get(place);
    if (typeof value === "string") return value;
    if (value.length === 1) return value[0]!;
    return this.#wrong(place, `is ${value.length} files, where there is room for one`, {
      hint: `make ${placeholderText(place)} an argument of its own: it becomes one for each file`,
    });
  }

  /** The path of a file with what it stands for: a text is written into one. @throws SluiceError `unsupported-value` */
  async file(place: Placeholder): Promise<string> {
    const found = await this.get(place);
    const value = typeof found === "string" || found.length !== 1 ? found : found[0]!;
    if (typeof value !== "string") {
      return this.#wrong(place, `is ${value.length} files, and there is one standard input`, {
        hint: `join them in a command before: ["cat", "${placeholderText(place)}"]`,
      });
    }
    if (this.isText(place)) return this.#write(place, ".txt", Buffer.from(value));
    if (!statSync(value).isDirectory()) return value;
    return this.#wrong(place, "is a folder, which nothing can be read from", { hint: "name a file that is in it" });
  }

  /** Whether what it stands for is a text as it is, which may happen to be a path. Known once it was asked for. */
  isText(place: Placeholder): boolean {
    return !this.#paths.has(placeholderText(place));
  }

  async #find(place: Placeholder): Promise<ArgumentValue> {
    const { name, member } = place;
    const { outputs, tmp } = this.#context;
    if (Object.hasOwn(this.#inputs, name)) {
      const value = this.#inputs[name];
      return this.#valueOf(place, member === undefined ? value : this.#memberOf(place, value, member));
    }
    this.#paths.add(placeholderText(place));
    if (!Object.hasOwn(outputs, name)) return name === ownFolder ? tmp : this.#wrong(place, "is nothing");
    const target = outputs[name]!;
    if (this.#folders.has(name)) ensureDir(target);
    return target;
  }

  #memberOf(place: Placeholder, value: unknown, member: string): unknown {
    if (isRecord(value) && Object.hasOwn(value, member)) return value[member];
    const names = isRecord(value) ? Object.keys(value) : [];
    const near = nearest(member, names) ?? names[0];
    return this.#wrong(place, `is not there: the input is ${shortText(value)}`, {
      ...(near === undefined ? {} : { hint: `did you mean {${place.name}.${near}}?` }),
    });
  }

  async #valueOf(place: Placeholder, value: unknown): Promise<ArgumentValue> {
    switch (typeof value) {
      case "string":
        if (value.includes("\0")) return this.#wrong(place, "holds a zero byte, which no argument can");
        return value;
      case "number":
      case "boolean":
      case "bigint":
        return String(value);
      case "undefined":
        return this.#wrong(place, "is undefined", { hint: "give the input a default" });
    }
    this.#paths.add(placeholderText(place));
    const handle = handlePath(value);
    if (handle !== undefined) return handle;
    // Of a list without members its declaration alone says whether it is one of files.
    const isFiles = Array.isArray(value) && (value.length > 0 ? value.every(isHandle) : this.#lists.has(place.name));
    if (isFiles) return value.map((each) => handlePath(each)!);
    if (isRecord(value) && Object.keys(value).length > 0 && Object.values(value).every(isHandle)) {
      const [only, ...more] = Object.keys(value);
      if (more.length === 0) return handlePath(value[only!])!;
      const all = Object.keys(value).map((name) => `{${place.name}.${name}}`);
      return this.#wrong(place, `is ${all.length} files`, { hint: `name one of them: ${all.join(", ")}` });
    }
    if (rowsRefOf(value)) return this.#rows(place, value as RowsHandle);
    return value instanceof Uint8Array ? this.#write(place, ".bin", value) : this.#asJson(place, value);
  }

  /** Rows that are stored as a file other programs read are that file; others become a JSON file, some at a time. */
  async #rows(place: Placeholder, rows: RowsHandle): Promise<string> {
    if (rows.format !== "auto") return handlePath(rows.file())!;
    const file = this.#fileFor(place, ".json");
    const fd = openSync(file, "wx", 0o400);
    try {
      let before = "[";
      for await (const batch of rows.batches()) {
        let text = "";
        for (const row of batch) {
          text += `${before}\n${(await this.#json(place, row)).toString().trimEnd()}`;
          before = ",";
        }
        writeAll(fd, Buffer.from(text));
      }
      writeAll(fd, Buffer.from(before === "[" ? "[]\n" : "\n]\n"));
    } finally {
      closeSync(fd);
    }
    return file;
  }

  async #asJson(place: Placeholder, value: unknown): Promise<string> {
    return this.#write(place, ".json", await this.#json(place, value));
  }

  async #json(place: Placeholder, value: unknown): Promise<Buffer> {
    try {
      return Buffer.from((await (await formatOf("json")).encode(value)).bytes);
    } catch (error) {
      const found = failureOf(error);
      if (!found) throw error;
      return this.#wrong(place, `cannot be written as JSON: ${found.message}`, {
        hint: "turn it into plain values in a stage before, or let that stage write a file (`outputs`)",
      });
    }
  }

  #write(place: Placeholder, extension: string, content: Uint8Array): string {
    const file = this.#fileFor(place, extension);
    writeFileSync(file, content, { mode: 0o400 });
    return file;
  }

  #fileFor({ name, member }: Placeholder, extension: string): string {
    const folder = path.join(this.#context.tmp, "inputs");
    ensureDir(folder, 0o700);
    return path.join(folder, (member === undefined ? name : `${name}.${member}`) + extension);
  }

  #wrong(place: Placeholder, what: string, { hint }: { readonly hint?: string } = {}): never {
    const { node } = this.#context.run;
    return fail("unsupported-value", `${placeholderText(place)} of "${node}" ${what}`, {
      node,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isHandle(value: unknown): boolean {
  return fileRefOf(value) !== undefined || isDirHandle(value);
}

/** Where the file or folder of a handle is. What comes from the store is a copy for this attempt, and read-only. */
function handlePath(value: unknown): string | undefined {
  if (isDirHandle(value)) {
    for (const file of value.files) protect(file, () => path.join(value.path, file.name));
    return value.path;
  }
  if (!fileRefOf(value)) return undefined;
  const handle = value as FileHandle;
  protect(handle, () => handle.path);
  return handle.path;
}

function protect(handle: FileHandle, at: () => string): void {
  const { origin, executable } = fileRefOf(handle)!;
  if (origin === "store") chmodSync(at(), executable ? 0o500 : 0o400);
}
