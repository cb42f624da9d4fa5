import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { fail, failureOf, SluiceError } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { nearest } from "../../core/graph.ts";
import { type DirSource, type FileSource, type GlobSource, placeOf } from "../../core/node.ts";
import { projectDir } from "../../platform/dir-handle.ts";
import { projectFile } from "../../platform/file-handle.ts";
import {
  loadMatcher,
  type Matcher,
  type MatchOptions,
  matchEntries,
  matchFiles,
  matchFilesSync,
} from "../explain/file-match.ts";
import { cacheFolder, listTree, type TreeEntry } from "./file-tree.ts";
import type { SourceContext, SourceVersion } from "./sources.ts";

/** @throws SluiceError `missing-file` */
export function versionFile(node: string, source: FileSource, context: SourceContext): SourceVersion {
  const absolute = path.resolve(source.base(), source.path);
  try {
    const seen = seeFile(absolute, source.path, context);
    return {
      dataVersion: seen.version,
      preview: `${seen.ref.name} (${seen.ref.size} bytes)`,
      value: () => projectFile({ root: context.root, ref: seen.ref }),
      unchanged: seen.unchanged,
    };
  } catch (error) {
    throw explain(error, node, source, absolute);
  }
}

/** @throws SluiceError `no-match`, `missing-file` */
export async function versionGlob(node: string, source: GlobSource, context: SourceContext): Promise<SourceVersion> {
  const found = await matchFiles(source.base(), source.patterns, matchOptions(source));
  return versionMatches(node, source, context, found);
}

/** {@link versionGlob}, at once. @throws SluiceError `no-match`, `missing-file` */
export function versionGlobSync(
  node: string,
  source: GlobSource,
  context: SourceContext,
  matcher: Matcher,
): SourceVersion {
  const found = matchFilesSync(matcher, source.base(), source.patterns, matchOptions(source));
  return versionMatches(node, source, context, found);
}

function matchOptions({ dot }: GlobSource): MatchOptions {
  return { dot, ignore: [`**/${cacheFolder}/**`] };
}

function versionMatches(
  node: string,
  source: GlobSource,
  context: SourceContext,
  found: readonly string[],
): SourceVersion {
  const base = source.base();
  const declared = source.patterns.find((pattern) => !pattern.startsWith("!"))!;
  const seen = found
    .map((match) => path.resolve(base, match))
    .filter((absolute) => !isIgnored(absolute, context))
    .map((absolute) => seeFile(absolute, declared, context))
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
  if (seen.length === 0 && !source.allowEmpty) {
    fail("no-match", `no file matches ${source.patterns.join(", ")}`, {
      ...at(node, source),
      hint: `patterns are relative to ${base}; pass { allowEmpty: true } if no match is fine`,
    });
  }
  return {
    dataVersion: digestParts(
      "glob",
      seen.map(({ version }) => version),
    ),
    preview: `${seen.length} ${seen.length === 1 ? "file" : "files"}`,
    parts: seen.map(({ ref, version }) => ({ name: ref.name, digest: version })),
    value: () => seen.map(({ ref }) => projectFile({ root: context.root, ref })),
    unchanged: () => seen.every((file) => file.unchanged()),
  };
}

/** @throws SluiceError `missing-file` */
export function versionDir(
  node: string,
  source: DirSource,
  context: SourceContext,
): SourceVersion | Promise<SourceVersion> {
  if (source.exclude.length === 0) return versionTree(node, source, context, undefined);
  return loadMatcher().then((matcher) => versionTree(node, source, context, matcher));
}

/** {@link versionDir}, at once: with what knows patterns where some are excluded. @throws SluiceError `missing-file` */
export function versionTree(
  node: string,
  source: DirSource,
  context: SourceContext,
  matcher: Matcher | undefined,
): SourceVersion {
  const absolute = path.resolve(source.base(), source.path);
  const look = () => seeTree(absolute, source, context, matcher);
  try {
    const tree = look();
    const { name, digest } = tree;
    return {
      dataVersion: digest,
      preview: `${name} (${tree.files.size} files)`,
      parts: tree.parts,
      value: () => {
        const { root } = context;
        const files = [...tree.files].map(([inside, { ref }]) => [inside, projectFile({ root, ref })] as const);
        return projectDir({ root, name, digest, files: new Map(files) });
      },
      unchanged: () => {
        try {
          return [...tree.files.values()].every((file) => file.unchanged()) && look().digest === digest;
        } catch (error) {
          if (failureOf(error) || isGone(error)) return false;
          throw error;
        }
      },
    };
  } catch (error) {
    throw explain(error, node, source, absolute);
  }
}

interface SeenFile {
  readonly ref: FileRef;
  /** Of name, content and executable bit. */
  readonly version: Digest;
  readonly unchanged: () => boolean;
}

/** Looks at a file: what it is now, and how to tell later that it still is. */
function seeFile(absolute: string, declared: string, context: SourceContext): SeenFile {
  const { files, root } = context;
  // Before the content is looked at: whoever writes after that changes the stamp, even if the old content comes back.
  const stamp = stampOf(absolute);
  const seen = files.version(absolute);
  const { digest, size, executable } = seen;
  const name = nameOf(absolute, declared, root);
  return {
    ref: { origin: "project", name, size, digest, executable },
    version: digestParts("file", [name, digest, executable]),
    unchanged: () => stampOf(absolute) === stamp && files.unchanged(absolute, seen),
  };
}

/** Changes with every write; undefined for what is not there. */
function stampOf(absolute: string): string | undefined {
  const stat = statSync(absolute, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

interface SeenTree {
  readonly name: string;
  readonly digest: Digest;
  /** By path relative to the folder, sorted. */
  readonly files: ReadonlyMap<string, SeenFile>;
  readonly parts: readonly { readonly name: string; readonly digest: Digest }[];
}

function seeTree(absolute: string, source: DirSource, context: SourceContext, matcher: Matcher | undefined): SeenTree {
  const excluded = matcher && matchEntries(matcher, absolute, source.exclude);
  const isLeft = (name: string) => excluded?.has(name) === true || isIgnored(path.join(absolute, name), context);
  const files = new Map<string, SeenFile>();
  const parts = listTree(absolute, isLeft).map((entry) => {
    if (entry.kind !== "file") return { name: entry.name, digest: versionOf(entry) };
    const inside = source.path.endsWith("/") ? source.path + entry.name : `${source.path}/${entry.name}`;
    const file = seeFile(path.join(absolute, entry.name), inside, context);
    files.set(entry.name, file);
    return { name: entry.name, digest: digestParts("entry", ["file", file.ref.digest, file.ref.executable]) };
  });
  const name = nameOf(absolute, source.path, context.root);
  const digest = digestParts("dir", [name, ...parts.flatMap((part) => [part.name, part.digest])]);
  return { name, digest, files, parts };
}

function versionOf(entry: TreeEntry): Digest {
  return digestParts("entry", entry.kind === "link" ? ["link", entry.target] : [entry.kind]);
}

/**
 * What a file is called in keys: its path relative to the project, wherever that lies. Only what was declared by an absolute
 * path outside the project keeps it: how the project lies to it says nothing.
 */
function nameOf(absolute: string, declared: string, root: string): string {
  const relative = path.relative(root, absolute);
  const outside = relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return (outside && path.isAbsolute(declared) ? absolute : relative || ".").replaceAll(path.sep, "/");
}

function isIgnored(absolute: string, { root, ignore = [] }: SourceContext): boolean {
  if (path.relative(root, absolute).split(path.sep).includes(cacheFolder)) return true;
  return ignore.some((folder) => absolute === folder || absolute.startsWith(folder + path.sep));
}

/** Says of a path that cannot be read what the author of the pipeline needs to know. */
function explain(error: unknown, node: string, source: FileSource | DirSource, absolute: string): unknown {
  const found = failureOf(error);
  const there = kindOf(absolute);
  const wanted = source.kind === "file" ? "file" : "folder";
  if (there === wanted || there === "unknown")
    return found ? new SluiceError({ ...at(node, source), ...found }) : error;
  const where = { ...at(node, source), retryable: false, cause: error };
  if (there === "nothing") {
    const hint = hintFor(source, absolute);
    const message = `there is no ${wanted} ${source.path}`;
    return new SluiceError({ reason: "missing-file", message, ...(hint === undefined ? {} : { hint }), ...where });
  }
  const call = there === "file" ? "file()" : "dir()";
  const hint = there === "other" ? undefined : isDeclared(source) ? `declare it with ${call}` : `take it with ${call}`;
  const message = `${source.path} is ${there === "other" ? "a pipe, socket or device" : `a ${there}`}, not a ${wanted}`;
  return new SluiceError({ reason: "invalid-definition", message, ...(hint === undefined ? {} : { hint }), ...where });
}

function kindOf(absolute: string): "file" | "folder" | "other" | "nothing" | "unknown" {
  try {
    const stat = statSync(absolute);
    return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
  } catch (error) {
    return isGone(error) ? "nothing" : "unknown";
  }
}

/** What is in the key of a cache's entry is declared nowhere: its paths are relative to the cache's root. */
function isDeclared(source: FileSource | DirSource): boolean {
  return source.site().length > 0;
}

function hintFor(source: FileSource | DirSource, absolute: string): string | undefined {
  const folder = path.dirname(absolute);
  try {
    const near = nearest(path.basename(absolute), readdirSync(folder));
    if (near !== undefined) return `did you mean ${path.join(path.dirname(source.path), near)}?`;
    if (!isDeclared(source)) return `it is looked for at ${absolute}`;
    return `paths are relative to the module; this one leads to ${absolute}`;
  } catch (error) {
    if (isGone(error)) return `there is no folder ${folder}`;
    return undefined;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

function at(node: string, source: FileSource | GlobSource | DirSource) {
  const where = placeOf(source);
  return where ? { node, where } : { node };
}
