import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import { locateIn } from "../../analyse/load/module-path.ts";
import { type Dependencies, type FileSystemSource, pathOfFact } from "./dependencies.ts";

/** Where to listen for changes, as absolute paths. */
export interface Areas {
  /** Folders of which the own entries count. They exist. */
  readonly folders: ReadonlySet<string>;
  /** Folders of which all that is in them counts. They exist. */
  readonly trees: ReadonlySet<string>;
  /** What no tree covers. */
  readonly ignore: readonly string[];
  /** How many files are looked after. */
  readonly files: number;
  /** Whether something that happened at a path can be of interest. */
  isOfInterest(file: string): boolean;
}

/** Where a source lies. */
export interface SourceArea {
  /** Absolute path: the file, or the folder that everything of the source is in. */
  readonly path: string;
  readonly reach: "file" | "folder" | "tree";
}

/** Everything that a source can take in. */
export function sourceAreas(root: string, source: FileSystemSource): readonly SourceArea[] {
  const base = path.resolve(root, source[1]);
  switch (source[0]) {
    case "file":
      return [{ path: path.resolve(base, source[2]), reach: "file" }];
    case "dir":
      return [{ path: path.resolve(base, source[2]), reach: "tree" }];
    case "glob":
      return source[2].filter((pattern) => !pattern.startsWith("!")).map((pattern) => patternArea(base, pattern));
  }
}

/** A pattern lies in the folder that its plain parts lead to. */
function patternArea(base: string, pattern: string): SourceArea {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}()!+@|\\]/.test(part));
  if (first < 0) return { path: path.resolve(base, pattern), reach: "file" };
  const folder = path.resolve(base, parts.slice(0, first).join("/") || (pattern.startsWith("/") ? "/" : "."));
  const isFlat = first === parts.length - 1 && !/[*]{2}|[{(]/.test(parts[first]!);
  return { path: folder, reach: isFlat ? "folder" : "tree" };
}

/** Where the file system tells of changes of what a run followed from. */
export function areasOf(
  root: string,
  { load, program, sources = [], looked = [], outside = [], ignore }: Dependencies,
): Areas {
  const locate = locateIn(root);
  const interesting = new Set<string>();
  const listed = new Set<string>();
  const folders = new Set<string>();
  const trees = new Set<string>();
  const files = new Set<string>();
  const addFile = (file: string): void => {
    // Above the project only files count that are there: what could come to be in a folder of others is not looked for.
    const folder = path.dirname(file);
    if (folder !== root && isWithin(folder, root) && !isFile(file)) return;
    for (const at of new Set([file, realPath(file)])) {
      for (let up = at; !interesting.has(up) && up !== path.dirname(up); up = path.dirname(up)) interesting.add(up);
      folders.add(existingFolder(path.dirname(at)));
    }
  };
  const addFolder = (folder: string): void => {
    addFile(folder);
    listed.add(folder);
    folders.add(existingFolder(folder));
  };
  const addTree = (folder: string): void => {
    addFile(folder);
    if (isFolder(folder)) trees.add(folder);
  };
  for (const [name] of load.files) {
    addFile(locate(name));
    files.add(locate(name));
  }
  for (const [name] of load.kinds) addFile(locate(name));
  for (const [fact, of] of load.facts) {
    const file = locate(pathOfFact(fact, of)!);
    if (fact === "listing") addFolder(file);
    else if (fact === "tree" || fact === "glob") addTree(file);
    else addFile(file);
  }
  if (program) {
    const base = realpathSync(root);
    for (const names of Object.values(program.kinds)) for (const name of names) addFile(path.resolve(base, name));
    for (let i = 0; i < program.contents.length; i += 2) files.add(path.resolve(base, program.contents[i]!));
    for (const file of files) addFile(file);
  }
  for (const { source } of sources) {
    for (const { path: at, reach } of sourceAreas(root, source)) {
      if (reach === "tree") addTree(at);
      else if (reach === "folder") addFolder(at);
      else addFile(at);
    }
    if (source[0] === "file") files.add(path.resolve(root, source[1], source[2]));
  }
  for (const [at, state] of looked) {
    const file = path.resolve(root, at);
    // most arguments are no paths, and what those would be lies anywhere
    if (state !== "nothing" || isWithin(root, file)) addFile(file);
    if (state !== "nothing" && state !== "folder") files.add(file);
  }
  for (const { path: at, table } of outside) {
    const file = path.resolve(root, at);
    if (isFolder(file)) addTree(file);
    else addFile(file);
    if (table !== undefined) addFile(`${file}.wal`);
    files.add(file);
  }
  const left = ignore.map((each) => path.resolve(root, each));
  return {
    folders,
    trees,
    ignore: left,
    files: files.size,
    isOfInterest: (file) =>
      interesting.has(file) ||
      listed.has(path.dirname(file)) ||
      (!left.some((each) => isWithin(each, file)) && [...trees].some((tree) => isWithin(tree, file))),
  };
}

/** Whether a path is a folder or in it. */
export function isWithin(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // what is not there leads nowhere
    return file;
  }
}

/** The folder itself, or the nearest above it that is there: in it will be seen that the next one comes. */
function existingFolder(folder: string): string {
  let at = folder;
  while (!isFolder(at) && at !== path.dirname(at)) at = path.dirname(at);
  return at;
}

function isFile(at: string): boolean {
  return statSync(at, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(at: string): boolean {
  return statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
