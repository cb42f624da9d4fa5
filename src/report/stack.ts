import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** One call in the stack of an error. */
export interface StackFrame {
  /** What was called; absent at the top level of a module. */
  readonly call?: string;
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const frameForm = /^\s+at (?:async )?(?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;

/** The frames of a stack that are the user's own code: not Node, not packages, not Sluice. */
export function userFrames(stack: string): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const text of stack.split("\n")) {
    // what is longer is no frame, and code that was evaluated has no file to show
    const match = text.length > 2000 || text.includes("(eval at ") ? null : frameForm.exec(text);
    if (!match) continue;
    const [, call, location, line, column] = match;
    const file = pathOf(location!);
    if (file === undefined || isForeign(file)) continue;
    // a function that is an object's property is called Object.NAME, which says nothing
    const named = call === undefined || call.startsWith("Object.") ? {} : { call };
    frames.push({ ...named, file, line: Number(line), column: Number(column) });
  }
  return frames;
}

function pathOf(location: string): string | undefined {
  // a loader may add a query to what it imports
  const bare = location.replace(/\?.*$/, "");
  if (!bare.startsWith("file://")) return bare;
  try {
    return fileURLToPath(bare);
  } catch {
    return undefined; // a stack is text of any origin: what is no URL is no frame of the user's
  }
}

function isForeign(file: string): boolean {
  return file.includes(`${path.sep}node_modules${path.sep}`) || ownFolders().some((folder) => file.startsWith(folder));
}

let own: readonly string[] | undefined;

/** Where Sluice's own code is, from source and as a package: the folders beside its package.json. */
function ownFolders(): readonly string[] {
  if (own) return own;
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, "package.json")) && path.dirname(folder) !== folder)
    folder = path.dirname(folder);
  own = ["src", "dist", "bin"].map((name) => path.join(folder, name) + path.sep);
  return own;
}
