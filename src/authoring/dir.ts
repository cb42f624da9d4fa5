import type { Node } from "../core/node.ts";
import type { DirHandle } from "../platform/dir-handle.ts";
import { Declaring, handleOf, type NodeOptions, type OptionRules, strings } from "./declaration.ts";
import { checkPath } from "./file.ts";

export interface DirOptions extends NodeOptions {
  /** Patterns of paths inside the folder that do not count; a folder that matches is left out with all that is in it. */
  readonly exclude?: string | readonly string[];
}

/**
 * Declares a folder that the pipeline reads, with everything in it. Its version covers the relative path, the kind (file,
 * folder, link) and the executable bit of every entry, the content of files, and the targets of links, which are not
 * followed. The cache folder does not count.
 *
 * @param path relative to the folder of the module that declares it, or absolute
 * @throws SluiceError `invalid-definition`
 *
 * @example
 * ```ts
 * import { dir, stage } from "sluice";
 *
 * const site = dir("site", { exclude: "**\/*.tmp" });
 * export const pages = stage({ site }, ({ site }) => site.files.map((page) => page.name));
 * ```
 */
export function dir(path: string, options?: DirOptions): Node<DirHandle> {
  const declaring = new Declaring("dir");
  const common = declaring.options(options, rules);
  checkPath(declaring, path);
  const exclude = options?.exclude ?? [];
  return handleOf({
    kind: "dir",
    path,
    exclude: typeof exclude === "string" ? [exclude] : [...exclude],
    base: declaring.base,
    site: declaring.site,
    ...common,
  });
}

const rules: OptionRules = { exclude: (value) => (typeof value === "string" ? undefined : strings(value)) };
