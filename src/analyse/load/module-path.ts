import path from "node:path";
import { fileURLToPath } from "node:url";
import { isOwn } from "../packages/own-package.ts";

const nodeModules = `${path.sep}node_modules${path.sep}`;

/** Whether a file belongs to an installed package: then it counts by the package's version, not by its content. */
export function isInstalled(file: string): boolean {
  return file.includes(nodeModules);
}

/** Whether a file is a user's own code, which is transformed where needed and analysed. */
export function isUserFile(file: string): boolean {
  return !isInstalled(file) && !isOwn(file);
}

/** The path behind the URL or path of a module, without query; undefined for what is no file. */
export function pathOfModule(urlOrPath: string): string | undefined {
  if (path.isAbsolute(urlOrPath)) return urlOrPath;
  if (!urlOrPath.startsWith("file:")) return undefined;
  const end = urlOrPath.search(/[?#]/);
  return fileURLToPath(end < 0 ? urlOrPath : urlOrPath.slice(0, end));
}

/** What languages a module may be written in, by the end of its name. */
export type ModuleLanguage = "ts" | "tsx" | "js" | "jsx" | "json";

const languages: Readonly<Record<string, ModuleLanguage>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".json": "json",
};

/** The language of a file; undefined for what is not source code. */
export function languageOf(file: string): ModuleLanguage | undefined {
  return languages[path.extname(file)];
}

/** A path relative to a folder, `/` between parts. */
export function relativeTo(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join("/");
}

/** Takes a path relative to a folder to an absolute one. */
export type Locate = (name: string) => string;

/** The inverse of {@link relativeTo}. What ends with `/` still does. */
export function locateIn(root: string): Locate {
  const start = root.endsWith("/") ? root : `${root}/`;
  // packages that are linked lie outside, by the hundred in a folder: to resolve each takes as long as to look at it
  const folders = new Map<string, string>();
  return (name) => {
    if (!name.startsWith("../") && !path.isAbsolute(name)) return start + name;
    const end = name.lastIndexOf("/") + 1;
    const last = name.slice(end);
    if (last === "." || last === "..") return path.resolve(root, name);
    const folder = name.slice(0, end);
    let resolved = folders.get(folder);
    if (resolved === undefined) {
      resolved = path.join(path.resolve(root, folder), path.sep);
      folders.set(folder, resolved);
    }
    return resolved + last;
  };
}
