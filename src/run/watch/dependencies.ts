import { realpathSync } from "node:fs";
import path from "node:path";
import { isInstalled, locateIn } from "../../analyse/load/module-path.ts";
import { type FactName, factDigest, kindAt } from "../../analyse/load-watch/load-facts.ts";
import type { LoadRecord } from "../../analyse/load-watch/load-record.ts";
import { isOwn } from "../../analyse/packages/own-package.ts";
import type { FileFacts } from "../../analyse/remembered/file-facts.ts";
import { evidenceKey, readEvidence } from "../../analyse/remembered/program-evidence.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import { isStage } from "../../core/node.ts";
import type { OutsidePath } from "../../core/record.ts";
import { lookAt, pathsOf, stateText } from "../command/argument-files.ts";
import { isCommand } from "../command/command-code.ts";
import { type RememberedSource, rememberSource, sourceVersionNow } from "../memory/remembered-source.ts";
import { outsideVersion, placeOfOutside } from "../outside/outside-version.ts";
import type { SourceContext, SourceVersion } from "../sources/sources.ts";
import type { Store } from "../workspace.ts";

/**
 * What of the file system a run follows from, as that run saw it. JSON-able: one process runs, another one watches. Paths are
 * relative to the project. Of installed packages only what they count by is in it, never their files.
 */
export interface Dependencies {
  /** What loading the pipeline looked at: files, what is and what is not at paths, listings. */
  readonly load: Pick<LoadRecord, "files" | "kinds" | "facts">;
  /** What the versions of its code follow from; absent until they are known. */
  readonly program?: FileFacts;
  /** Files, patterns and folders that the targets read; absent where the pipeline could not be loaded. */
  readonly sources?: readonly WatchedSource[];
  /** Paths that arguments of commands may mean, and what is there. */
  readonly looked?: readonly (readonly [path: string, state: string])[];
  /** Paths that functions said that they read, and what was there then; known when they have run. */
  readonly outside?: readonly WatchedOutside[];
  /** Paths that no pattern and no folder covers. */
  readonly ignore: readonly string[];
}

/** A source that lies in the file system. */
export type FileSystemSource = Exclude<RememberedSource, { 0: "env" }>;

/** A source with its version; null where it had none: a file that was not there. */
export interface WatchedSource {
  readonly node: string;
  readonly source: FileSystemSource;
  readonly version: Digest | null;
}

/** A path that a function said that it reads. */
export interface WatchedOutside {
  readonly path: string;
  /** Of a DuckDB database. */
  readonly table?: string;
  /** Null where there was nothing. */
  readonly version: Digest | null;
}

/** What of a watched load the file system can change while the process stays. */
export function loadDependencies(root: string, { files, kinds, facts }: LoadRecord): Dependencies["load"] {
  const counts = (name: string): boolean => isWatchable(path.resolve(root, name));
  return {
    files: files.filter(([name]) => counts(name)),
    kinds: kinds.filter(([name]) => counts(name)),
    facts: facts.filter(([fact, of]) => {
      const about = pathOfFact(fact, of);
      return about !== undefined && counts(about);
    }),
  };
}

/** What is to be looked at again of files where nothing else is known: that they are as they are now. */
export function fileDependencies(
  root: string,
  files: Iterable<string>,
  digestOfFile: (file: string) => Digest | undefined,
): Dependencies["load"] {
  const found: [string, Digest][] = [];
  const missing: [string, "none"][] = [];
  for (const file of files) {
    const digest = isWatchable(file) ? digestOfFile(file) : undefined;
    if (digest !== undefined) found.push([path.relative(root, file), digest]);
    else if (kindAt(file) === "none") missing.push([path.relative(root, file), "none"]);
  }
  return { files: found, kinds: missing, facts: [] };
}

/** The path that a fact is about; none for what no file can change. */
export function pathOfFact(fact: FactName, of: string): string | undefined {
  switch (fact) {
    case "real":
    case "link":
    case "entry":
    case "listing":
    case "tree":
      return of;
    case "access":
    case "stat":
    case "lstat":
      return (JSON.parse(of) as [string])[0];
    case "glob":
      return (JSON.parse(of) as [string[], string])[1];
    default:
      return undefined;
  }
}

/** Of an installed package counts what tells its version. */
function isWatchable(file: string): boolean {
  if (isOwn(file)) return false;
  return !isInstalled(file) || path.basename(file) === "package.json" || path.basename(file) === ".package-lock.json";
}

/** What the versions of a pipeline's code follow from, as they were last found. @param file its absolute path */
export function programDependencies({ root, metadata }: Store, file: string): FileFacts | undefined {
  const base = realpathSync(root);
  const facts = readEvidence(metadata.derived, evidenceKey(base, [realpathSync(file)]))?.facts;
  if (!facts) return undefined;
  const counts = (name: string): boolean => isWatchable(path.resolve(base, name));
  const contents: string[] = [];
  for (let i = 0; i < facts.contents.length; i += 2) {
    if (counts(facts.contents[i]!)) contents.push(facts.contents[i]!, facts.contents[i + 1]!);
  }
  const kinds = Object.entries(facts.kinds).map(([kind, names]) => [kind, names.filter(counts)] as const);
  return { contents, kinds: Object.fromEntries(kinds) };
}

/** The sources among nodes with their versions of now. */
export async function sourceDependencies(
  nodes: readonly GraphNode[],
  context: SourceContext,
): Promise<readonly WatchedSource[]> {
  const sources: WatchedSource[] = [];
  for (const { definition, name } of nodes) {
    if (isStage(definition) || definition.kind === "param" || definition.kind === "env") continue;
    const source = rememberSource(context.root, definition, unversioned) as FileSystemSource;
    sources.push({ node: name, source, version: (await sourceVersionNow(source, context)) ?? null });
  }
  return sources;
}

/** What the arguments of commands may mean. */
export function lookedDependencies({ root, files }: Store, nodes: readonly GraphNode[]): Dependencies["looked"] {
  const looked = nodes.flatMap(({ definition }) =>
    isStage(definition) && isCommand(definition)
      ? pathsOf(definition.command).map(({ at }) => [path.relative(root, at), stateText(lookAt(files, at))] as const)
      : [],
  );
  return [...new Map(looked)];
}

const unversioned = { dataVersion: "" } as SourceVersion;

/** The same things as they are now. */
export async function renewed(
  store: Store,
  dependencies: Dependencies,
  digestOfFile: (file: string) => Digest | undefined,
): Promise<Dependencies> {
  const { load, program, sources, looked, outside, ignore } = dependencies;
  const locate = locateIn(store.root);
  const context = contextOf(store, dependencies);
  const files = load.files.map(([name]): [string, Digest] => [name, digestOfFile(locate(name)) ?? ""]);
  const now: WatchedSource[] = [];
  for (const { node, source } of sources ?? []) {
    now.push({ node, source, version: (await sourceVersionNow(source, context)) ?? null });
  }
  const outsideOfNow: WatchedOutside[] = [];
  for (const each of outside ?? []) outsideOfNow.push({ ...each, version: await outsideNow(store, each) });
  const base = realpathSync(store.root);
  const contents = program?.contents.map((each, i) =>
    i % 2 === 0 ? each : (digestOfFile(path.resolve(base, program.contents[i - 1]!)) ?? ""),
  );
  return {
    load: {
      files,
      kinds: load.kinds.map(([name]) => [name, kindAt(locate(name))]),
      facts: load.facts.map(([fact, of]) => [fact, of, attempt(() => factDigest(fact, of, locate))]),
    },
    ...(program && contents ? { program: { contents, kinds: program.kinds } } : {}),
    ...(sources ? { sources: now } : {}),
    ...(looked ? { looked: looked.map(([at]) => [at, stateNow(store, at)] as const) } : {}),
    ...(outside ? { outside: outsideOfNow } : {}),
    ignore,
  };
}

/**
 * What functions said that they read.
 * @param named by what was made or reused; `earlier` by earlier results of what failed now: what that read nobody knows
 */
export async function outsideDependencies(
  store: Store,
  named: readonly OutsidePath[],
  earlier: readonly OutsidePath[],
): Promise<readonly WatchedOutside[]> {
  const found = new Map<string, WatchedOutside>();
  for (const [list, isKnown] of [[named, true] as const, [earlier, false] as const]) {
    for (const each of list) {
      const at = path.relative(store.root, placeOfOutside(store.root, each));
      const id = JSON.stringify([at, each.table ?? null]);
      if (each.use !== "read" || found.has(id)) continue;
      const watched = { path: at, ...(each.table === undefined ? {} : { table: each.table }) };
      // A version that is not known is as good as that of now: the result is not reused either way.
      const version = isKnown && each.version !== null ? each.version : await outsideNow(store, watched);
      found.set(id, { ...watched, version });
    }
  }
  return [...found.values()];
}

/** What is now at a path that a function read; null where there is nothing, and where nobody can tell. */
export async function outsideNow(
  store: Store,
  { path: at, ...table }: Pick<WatchedOutside, "path" | "table">,
): Promise<Digest | null> {
  try {
    return (await outsideVersion(store, path.resolve(store.root, at), { use: "read", ...table })) ?? null;
  } catch (error) {
    if (failureOf(error)) return null;
    throw error;
  }
}

/** What is now at a path that an argument may mean. */
export function stateNow({ root, files }: Store, at: string): string {
  return stateText(lookAt(files, path.resolve(root, at)));
}

/** What to version sources with. */
export function contextOf({ root, files }: Store, { ignore }: Pick<Dependencies, "ignore">): SourceContext {
  return { root, files, params: new Map(), env: process.env, ignore: ignore.map((each) => path.resolve(root, each)) };
}

/** A fact of now; one that cannot be asked has none. */
export function attempt(ask: () => Digest): Digest {
  try {
    return ask();
  } catch {
    return "";
  }
}
