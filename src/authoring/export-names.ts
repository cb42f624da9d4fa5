import { readFileSync } from "node:fs";
import type { Place } from "../core/failure.ts";
import { type Frame, isStage, type NodeDefinition } from "../core/node.ts";

/** From a position in the code as it was loaded to the file as its author wrote it. */
export type FindPlace = (frame: Frame) => Place;

/**
 * The names of nodes that are declared by an `export const NAME = ...` of their module, read from its source: importing the
 * module again to look at its exports would wait for ever on one that is still being evaluated. Sources and the
 * target that has no key are also called after a `const` that is not exported; other stages are not, because their names are
 * in their keys, and the command line sees exports only. Nodes that have a name of their own are left out, and so are names that more
 * than one node would get: which of them had it would depend on the order of the targets.
 */
export function exportNames(
  nodes: Iterable<NodeDefinition>,
  keyless: NodeDefinition | undefined,
  findPlace: FindPlace,
): ReadonlyMap<NodeDefinition, string> {
  const source = sources();
  const found = new Map<string, NodeDefinition | undefined>();
  for (const node of nodes) {
    if (node.name !== undefined) {
      found.set(node.name, undefined);
      continue;
    }
    const [frame] = node.site();
    const anyConst = !isStage(node) || node === keyless;
    const name = frame && declaredName(source, findPlace(frame), anyConst);
    if (name !== undefined) found.set(name, found.has(name) ? undefined : node);
  }
  return new Map([...found].flatMap(([name, node]) => (node ? [[node, name] as const] : [])));
}

/** Made when a name is looked for, as patterns with properties of Unicode take V8 a millisecond to make. */
function makePatterns() {
  const identifier = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
  const space = String.raw`(?:\s|\/\/.*\n|\/\*[^]*?\*\/)*`;
  const binding = String.raw`(?:const|let|var)\s+(?<name>${identifier})\s*(?::[^=;]*)?=`;
  const callee = String.raw`${space}(?:${identifier}\s*\.\s*)?$`;
  return {
    /** Ends where the call begins: `export const stats: Stage<Stats> = sluice.` */
    exported: new RegExp(String.raw`(?:^|[\s;}])export\s+(?:(?<main>default)\s|${binding})${callee}`, "u"),
    /** The same without `export`, at the beginning of a line: what is further in is local to something. */
    plain: new RegExp(String.raw`(?:^|\n)${binding}${callee}`, "u"),
  };
}
let patterns: ReturnType<typeof makePatterns> | undefined;

/** A declaration is looked for in so many lines. */
const reach = 8;

function declaredName(
  source: (file: string) => readonly string[],
  place: Place,
  anyConst: boolean,
): string | undefined {
  const { file, line, column } = place;
  if (line === undefined || column === undefined) return undefined;
  const lines = source(file);
  const before = lines.slice(Math.max(0, line - reach), line - 1);
  const last = lines[line - 1]?.slice(0, column - 1);
  if (last === undefined) return undefined;
  const text = [...before, last].join("\n");
  patterns ??= makePatterns();
  const { exported, plain } = patterns;
  const groups = (exported.exec(text) ?? (anyConst ? plain.exec(text) : null))?.groups;
  return groups?.main ?? groups?.name;
}

function sources(): (file: string) => readonly string[] {
  const read = new Map<string, readonly string[]>();
  return (file) => {
    let lines = read.get(file);
    if (!lines) {
      lines = linesOf(file);
      read.set(file, lines);
    }
    return lines;
  };
}

/** A module that has no file (a prompt, a test that wrote it and took it away) gives no names. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/);
  } catch {
    return [];
  }
}
