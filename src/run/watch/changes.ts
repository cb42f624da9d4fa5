import { realpathSync } from "node:fs";
import path from "node:path";
import { locateIn } from "../../analyse/load/module-path.ts";
import { factDigest, kindAt } from "../../analyse/load-watch/load-facts.ts";
import { changedFacts } from "../../analyse/remembered/file-facts.ts";
import { digestOf } from "../file-version.ts";
import { sourceVersionNow } from "../memory/remembered-source.ts";
import type { Store } from "../workspace.ts";
import { isWithin, sourceAreas } from "./areas.ts";
import {
  attempt,
  contextOf,
  type Dependencies,
  outsideNow,
  pathOfFact,
  stateNow,
  type WatchedSource,
} from "./dependencies.ts";

/** What is not as a run saw it: paths relative to the project. */
export interface Changes {
  /** What the graph or its code follows from. */
  readonly code: readonly string[];
  /** What only sources follow from. */
  readonly data: readonly string[];
}

/**
 * Compares what a run followed from with what is there now: by content, so that what was only touched has not changed.
 * @param hints absolute paths at which something happened: sources that none of them is in are not looked at; all unless given
 */
export async function changesSince(
  store: Store,
  dependencies: Dependencies,
  hints?: ReadonlySet<string>,
): Promise<Changes> {
  const code = new Set([...loadChanges(store, dependencies), ...programChanges(store, dependencies)]);
  const data = new Set<string>();
  const context = contextOf(store, dependencies);
  for (const watched of dependencies.sources ?? []) {
    if (hints && hintsIn(store.root, watched, hints).length === 0) continue;
    const version = (await sourceVersionNow(watched.source, context)) ?? null;
    if (version !== watched.version) for (const name of namesOf(store.root, watched, hints)) data.add(name);
  }
  for (const [at, state] of dependencies.looked ?? []) if (stateNow(store, at) !== state) data.add(at);
  for (const each of dependencies.outside ?? []) {
    if (hints && !isHinted(path.resolve(store.root, each.path), hints)) continue;
    if ((await outsideNow(store, each)) !== each.version) data.add(each.path);
  }
  return { code: [...code], data: [...data] };
}

/** What is written to a DuckDB database is in a file beside it at first. */
function isHinted(at: string, hints: ReadonlySet<string>): boolean {
  return [...hints].some((hint) => isWithin(at, hint) || isWithin(hint, at) || hint === `${at}.wal`);
}

function loadChanges(store: Store, { load }: Dependencies): readonly string[] {
  const locate = locateIn(store.root);
  const digestOfFile = digestOf(store);
  const changed: string[] = [];
  for (const [name, content] of load.files) if ((digestOfFile(locate(name)) ?? "") !== content) changed.push(name);
  for (const [name, kind] of load.kinds) if (kindAt(locate(name)) !== kind) changed.push(name);
  for (const [fact, of, value] of load.facts) {
    if (attempt(() => factDigest(fact, of, locate)) !== value) changed.push(pathOfFact(fact, of)!);
  }
  return changed;
}

function programChanges(store: Store, { program }: Dependencies): readonly string[] {
  if (!program) return [];
  const digestOfFile = digestOf(store);
  const base = realpathSync(store.root);
  return changedFacts(base, program, (file) => digestOfFile(path.resolve(store.root, path.relative(base, file))) ?? "");
}

function hintsIn(root: string, { source }: WatchedSource, hints: ReadonlySet<string>): readonly string[] {
  const areas = sourceAreas(root, source);
  return [...hints].filter((hint) => areas.some(({ path: at }) => isWithin(at, hint) || isWithin(hint, at)));
}

/** What a person would say changed: the files that something happened to, as far as that is known. */
function namesOf(root: string, watched: WatchedSource, hints: ReadonlySet<string> | undefined): readonly string[] {
  const { source, node } = watched;
  if (source[0] === "file") return [path.relative(root, path.resolve(root, source[1], source[2]))];
  const areas = sourceAreas(root, source);
  const inside = [...(hints ?? [])].filter((hint) => areas.some(({ path: at }) => hint !== at && isWithin(at, hint)));
  return inside.length > 0 ? inside.map((hint) => path.relative(root, hint)) : [node];
}
