import type { Node } from "../core/node.ts";
import type { FileHandle } from "../platform/file-handle.ts";
import { Declaring, handleOf, kindOf, type NodeOptions } from "./declaration.ts";

/**
 * Declares a file that the pipeline reads. Its version is its name, its content and its executable bit, never its times:
 * `touch` re-runs nothing. It is looked for when a run starts; if it is missing then, the run fails with `missing-file`.
 *
 * @param path relative to the folder of the module that declares it, or absolute
 * @throws SluiceError `invalid-definition`
 *
 * @example
 * ```ts
 * import { file, stage } from "sluice";
 *
 * export const config = file("config.json");
 * export const name = stage({ config }, async ({ config }) => (await config.json<{ name: string }>()).name);
 * ```
 */
export function file(path: string, options?: NodeOptions): Node<FileHandle> {
  const declaring = new Declaring("file");
  const common = declaring.options(options);
  checkPath(declaring, path);
  return handleOf({ kind: "file", path, base: declaring.base, site: declaring.site, ...common });
}

/** @throws SluiceError `invalid-definition` unless it is a path that a file system could know */
export function checkPath(declaring: Declaring, path: unknown): asserts path is string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  declaring.wrong(`${declaring.what}() needs a path, not ${kindOf(path)}`);
}
