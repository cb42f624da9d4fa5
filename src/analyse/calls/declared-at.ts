import type { Digest } from "../../core/digest.ts";
import type { Place } from "../../core/failure.ts";
import type { Frame } from "../../core/node.ts";
import type { LoadedModules } from "../code-version.ts";
import { isUserFile } from "../load/module-path.ts";
import type { Program } from "../program/program.ts";
import type { CallSites } from "./call-sites.ts";

/** Where a node was declared, and what a thread must load to have it declared again. */
export interface DeclaredAt {
  /** The calls, innermost first, out to the one at the top of a module; as their author wrote them. */
  readonly places: readonly Place[];
  /** Absolute paths of the modules to import, in this order. */
  readonly entries: readonly string[];
  /** Whether these were loaded by our loader; else by whatever Node was started with. */
  readonly ours: boolean;
  /** The modules that the entries lead to, as far as they are known, with the digests of their sources. */
  readonly modules: readonly (readonly [file: string, digest: Digest])[];
}

/**
 * Undefined for a node that is declared in no file.
 * @param known the modules to load, where these are known
 */
export function declaredAt(
  frames: readonly Frame[],
  program: Program,
  sites: CallSites,
  loaded: LoadedModules,
  known?: readonly string[],
): DeclaredAt | undefined {
  if (known) return { places: frames.map((frame) => sites.original(frame)), ...loading(known, loaded) };
  const top = frames.findIndex((frame) => isTop(frame, program, sites));
  const counting = top < 0 ? frames : frames.slice(0, top + 1);
  const home = counting.findLast(({ file }) => isUserFile(file))?.file;
  if (home === undefined) return undefined;
  const entries: string[] = [];
  for (const root of loaded.roots()) if (reach([root], loaded).has(home)) entries.push(root);
  if (entries.length === 0) entries.push(home);
  return { places: counting.map((frame) => sites.original(frame)), ...loading(entries, loaded) };
}

function loading(entries: readonly string[], loaded: LoadedModules): Omit<DeclaredAt, "places"> {
  return {
    entries,
    ours: loaded.get(entries[0]!) !== undefined,
    modules: [...reach(entries, loaded)].flatMap((file) => {
      const module = loaded.get(file);
      return module ? [[file, module.digest] as const] : [];
    }),
  };
}

/** Whether a call is made as its module is evaluated, and not by a function that someone calls. */
function isTop(frame: Frame, program: Program, sites: CallSites): boolean {
  if (!isUserFile(frame.file)) return false;
  const site = sites.at(program.module(frame.file), frame);
  return site !== undefined && site.fn === undefined;
}

/** What modules lead to by their imports, themselves included. */
function reach(from: readonly string[], loaded: LoadedModules): ReadonlySet<string> {
  const reached = new Set(from);
  // A set hands out what is added while it is walked.
  for (const file of reached) for (const to of loaded.get(file)?.resolutions.values() ?? []) reached.add(to);
  return reached;
}
