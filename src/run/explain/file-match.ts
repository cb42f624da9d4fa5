import fs from "node:fs";
import { fromSystemError } from "../../core/failure.ts";

/** The library that knows patterns; loaded when a pipeline has some. */
export type Matcher = Pick<typeof import("tinyglobby"), "glob" | "globSync">;

export function loadMatcher(): Promise<Matcher> {
  return import("tinyglobby");
}

export interface MatchOptions {
  readonly dot: boolean;
  readonly ignore: readonly string[];
}

/**
 * The files below (or beside, with `..`) a folder that match patterns, relative to it; in no order.
 * @throws SluiceError when a folder on the way cannot be read: a part that cannot be seen must not pass for an empty one
 */
export async function matchFiles(
  folder: string,
  patterns: readonly string[],
  options: MatchOptions,
): Promise<readonly string[]> {
  const { glob } = await loadMatcher();
  let denied: { readonly error: unknown; readonly folder: string } | undefined;
  // The library passes over folders that it cannot read.
  const readdir = ((at: string, given: object, done: (error: unknown, entries: unknown) => void) => {
    fs.readdir(at, given as { withFileTypes: true }, (error, entries) => {
      if (error && error.code !== "ENOENT" && error.code !== "ENOTDIR") denied ??= { error, folder: at };
      done(error, entries);
    });
  }) as unknown as typeof fs.readdir;
  const found = await glob([...patterns], { ...settingsFor(folder, options), fs: { readdir } });
  if (denied) throw fromSystemError(denied.error, `reading the folder ${denied.folder}`, denied.folder);
  return found;
}

/** {@link matchFiles}, at once. */
export function matchFilesSync(
  { globSync }: Matcher,
  folder: string,
  patterns: readonly string[],
  options: MatchOptions,
): readonly string[] {
  let denied: { readonly error: unknown; readonly folder: string } | undefined;
  const readdirSync = ((at: string, given: { withFileTypes: true }) => {
    try {
      return fs.readdirSync(at, given);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") denied ??= { error, folder: at };
      throw error;
    }
  }) as unknown as typeof fs.readdirSync;
  const found = globSync([...patterns], { ...settingsFor(folder, options), fs: { readdirSync } });
  if (denied) throw fromSystemError(denied.error, `reading the folder ${denied.folder}`, denied.folder);
  return found;
}

function settingsFor(folder: string, { dot, ignore }: MatchOptions) {
  return { cwd: folder, dot, ignore: [...ignore], expandDirectories: false, onlyFiles: true } as const;
}

/** The names in a folder, folders and links among them, that match patterns. Links are not followed. */
export function matchEntries({ globSync }: Matcher, folder: string, patterns: readonly string[]): ReadonlySet<string> {
  const found = globSync([...patterns], {
    cwd: folder,
    dot: true,
    expandDirectories: false,
    onlyFiles: false,
    fs: { readdirSync: linksAsFiles },
  });
  return new Set(found.map((name) => (name.endsWith("/") ? name.slice(0, -1) : name)));
}

/** So that a link matches by its own name, wherever it leads. */
const linksAsFiles = ((at: string, options: { withFileTypes: true }) =>
  fs
    .readdirSync(at, options)
    .map((entry) => (entry.isSymbolicLink() ? asFile(entry.name) : entry))) as unknown as typeof fs.readdirSync;

function asFile(name: string): Pick<fs.Dirent, "name" | "isFile" | "isDirectory" | "isSymbolicLink"> {
  return { name, isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false };
}
