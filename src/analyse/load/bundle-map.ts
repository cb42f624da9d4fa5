import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { languageOf } from "./module-path.ts";

/** A place in a file that a bundle was made of. Lines and columns count from 1. */
export interface BundledPlace {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What was in the file when the bundle was made; absent where the map does not tell. */
  readonly content?: string;
}

/** Where the code of a bundle came from, by the source map that its bundler made. It says where things are, and nothing more. */
export interface BundleMap {
  /** Absolute path of the file that holds the map; absent where the bundle itself does. */
  readonly file?: string;
  /** What is behind a place of the bundle; undefined for code of the bundler's own. */
  place(line: number, column: number): BundledPlace | undefined;
}

const marker = "//# sourceMappingURL=";

/** The source map that a module in JavaScript names in its last line; undefined where there is none that can be read. */
export function bundleMapOf(file: string, source: string): BundleMap | undefined {
  const url = mapUrlOf(file, source);
  if (url === undefined) return undefined;
  const inline = /^data:application\/json[^,]*?(;base64)?,/.exec(url);
  const at = inline || /^[a-z][a-z\d+.-]+:/i.test(url) ? undefined : path.resolve(path.dirname(file), decoded(url));
  if (!inline && at === undefined) return undefined;
  const data = inline && url.slice(inline[0].length);
  const read = (): string => {
    if (at !== undefined) return readFileSync(at, "utf8");
    return inline![1] ? Buffer.from(data!, "base64").toString() : decodeURIComponent(data!);
  };
  let decodedMap: DecodedMap | null | undefined;
  return {
    ...(at === undefined ? {} : { file: at }),
    place(line, column) {
      decodedMap ??= decode(read, path.dirname(at ?? file)) ?? null;
      return decodedMap?.place(line, column);
    },
  };
}

/** Whether a module says that it was made of others. */
export function mapUrlOf(file: string, source: string): string | undefined {
  if (languageOf(file) !== "js") return undefined;
  const start = source.lastIndexOf(marker);
  if (start < 0) return undefined;
  const url = source.slice(start + marker.length).trim();
  return url === "" || /\s/.test(url) ? undefined : url;
}

interface DecodedMap {
  place(line: number, column: number): BundledPlace | undefined;
}

/** A map only tells where things are: without one that can be read, they are in the bundle. */
function decode(read: () => string, folder: string): DecodedMap | undefined {
  let map: SourceMap;
  let sourceRoot: string;
  let contents: ReadonlyMap<string, string | null | undefined>;
  try {
    const payload = JSON.parse(read()) as SourceMapPayload;
    map = new SourceMap(payload);
    sourceRoot = payload.sourceRoot ?? "";
    contents = new Map((payload.sources ?? []).map((source, i) => [source, payload.sourcesContent?.[i]]));
  } catch {
    return undefined;
  }
  return {
    place(line, column) {
      const entry = map.findEntry(line - 1, column - 1);
      if (!("originalSource" in entry) || entry.generatedLine !== line - 1 || !entry.originalSource) return undefined;
      const file = pathOfSource(entry.originalSource, sourceRoot, folder);
      if (file === undefined) return undefined;
      const content = contents.get(entry.originalSource);
      const place = { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
      return typeof content === "string" ? { ...place, content } : place;
    },
  };
}

/** Undefined for what is in no file: modules that a bundler made up. */
function pathOfSource(source: string, sourceRoot: string, folder: string): string | undefined {
  const full = sourceRoot === "" || isAbsolute(source) ? source : `${sourceRoot.replace(/\/$/, "")}/${source}`;
  if (full.startsWith("file:")) return fileURLToPath(full);
  if (full.startsWith("\0") || (/^[a-z][a-z\d+.-]+:/i.test(full) && !path.isAbsolute(full))) return undefined;
  return path.resolve(folder, full);
}

function isAbsolute(source: string): boolean {
  return path.isAbsolute(source) || /^[a-z][a-z\d+.-]+:/i.test(source);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
