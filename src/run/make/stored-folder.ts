import { readdirSync } from "node:fs";
import path from "node:path";
import { fail } from "../../core/failure.ts";
import { type FileRef, fileRefOf } from "../../core/file-ref.ts";
import { type DirHandle, isDirHandle, storedDir } from "../../platform/dir-handle.ts";
import type { FileHandle } from "../../platform/file-handle.ts";

/**
 * Stores what a program has written to a folder. Gives a handle of it, or nothing where there is no file in it: folders that are
 * empty are not kept.
 * @param store keeps one file under a name, and gives its handle
 * @throws SluiceError `unsupported-value` for what is neither a file nor a folder
 */
export async function storeFolder(
  folder: string,
  node: string,
  store: (file: string, name: string) => Promise<unknown>,
): Promise<DirHandle | undefined> {
  const files = new Map<string, FileHandle>();
  for (const name of filesIn(folder, node)) files.set(name, (await store(path.join(folder, name), name)) as FileHandle);
  return files.size === 0 ? undefined : storedDir({ name: path.basename(folder), files });
}

/** By path relative to the folder, sorted. */
function filesIn(folder: string, node: string): readonly string[] {
  const found: string[] = [];
  const folders = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of readdirSync(path.join(folder, at), { withFileTypes: true })) {
      const name = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) found.push(name);
      else {
        const what = entry.isSymbolicLink() ? "a link" : "a pipe, socket or device";
        fail("unsupported-value", `${node} wrote ${JSON.stringify(name)}, which is ${what}`, {
          node,
          hint: "only files are kept: let the program write a copy of what the link leads to",
        });
      }
    }
  }
  return found.sort();
}

/** The files of a handle by the name of their artifact: that of the output, and the path in it where it is a folder. */
export function outputFiles(output: string, handle: unknown): readonly (readonly [artifact: string, ref: FileRef])[] {
  if (!isDirHandle(handle)) return [[`outputs.${output}`, fileRefOf(handle)!]];
  return handle.files.map((file) => {
    const ref = fileRefOf(file)!;
    return [`outputs.${output}/${ref.name}`, ref] as const;
  });
}
