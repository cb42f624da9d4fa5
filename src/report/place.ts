import path from "node:path";
import type { Place } from "../core/failure.ts";
import { sanitize } from "../text/sanitize.ts";

/** `lib/clean.ts:12:3`, relative to the folder where the user is unless that leads far away. */
export function describePlace({ file, line, column }: Place, cwd: string): string {
  const at = line === undefined ? "" : column === undefined ? `:${line}` : `:${line}:${column}`;
  return sanitize(shortPath(file, cwd)) + at;
}

/** A path as a person in `cwd` would type it. */
export function shortPath(file: string, cwd: string): string {
  if (!path.isAbsolute(file)) return file;
  const relative = path.relative(cwd, file);
  if (relative === "") return ".";
  return relative.startsWith(path.join("..", "..")) ? file : relative;
}
