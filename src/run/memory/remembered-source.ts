import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { SourceNode } from "../../core/node.ts";
import { type SourceContext, type SourceGraphNode, type SourceVersion, versionSource } from "../sources/sources.ts";

/** A source with the version that it had. Folders are relative to the project. */
export type RememberedSource =
  | readonly [kind: "file", base: string, path: string, version: Digest]
  | readonly [
      kind: "glob",
      base: string,
      patterns: readonly string[],
      allowEmpty: boolean,
      dot: boolean,
      version: Digest,
    ]
  | readonly [kind: "dir", base: string, path: string, exclude: readonly string[], version: Digest]
  /** With the version of its default, where it has one. */
  | readonly [kind: "env", variable: string, fallback: Digest | null, version: Digest];

/** Undefined for a parameter: its value follows from the pipeline and the options of the call. */
export function rememberSource(
  root: string,
  definition: SourceNode,
  { dataVersion }: SourceVersion,
): RememberedSource | undefined {
  const base = (from: string): string => path.relative(root, from);
  switch (definition.kind) {
    case "file":
      return ["file", base(definition.base()), definition.path, dataVersion];
    case "glob": {
      const { patterns, allowEmpty, dot } = definition;
      return ["glob", base(definition.base()), patterns, allowEmpty, dot, dataVersion];
    }
    case "dir":
      return ["dir", base(definition.base()), definition.path, definition.exclude, dataVersion];
    case "env": {
      const { variable, fallback } = definition;
      return ["env", variable, fallback ? fingerprint(fallback.value) : null, dataVersion];
    }
    case "param":
      return undefined;
  }
}

/** Whether a source still has the version that it had. What cannot be versioned any more has another. */
export async function sourceHolds(remembered: RememberedSource, context: SourceContext): Promise<boolean> {
  const version = remembered[remembered.length - 1];
  if (remembered[0] === "env") {
    const [, variable, fallback] = remembered;
    const value = context.env[variable];
    return (value === undefined ? fallback : fingerprint(value)) === version;
  }
  return (await sourceVersionNow(remembered, context)) === version;
}

/** The version that a source has now; undefined where it cannot be versioned. */
export async function sourceVersionNow(
  remembered: Exclude<RememberedSource, { 0: "env" }>,
  context: SourceContext,
): Promise<Digest | undefined> {
  try {
    const now = versionSource(nodeOf(definitionOf(remembered, context.root)), context);
    return (now instanceof Promise ? await now : now).dataVersion;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

function definitionOf(remembered: Exclude<RememberedSource, { 0: "env" }>, root: string): SourceNode {
  const site = () => [];
  const base = () => path.resolve(root, remembered[1]);
  switch (remembered[0]) {
    case "file":
      return { kind: "file", site, base, path: remembered[2] };
    case "glob": {
      const [, , patterns, allowEmpty, dot] = remembered;
      return { kind: "glob", site, base, patterns, allowEmpty, dot };
    }
    case "dir": {
      const [, , folder, exclude] = remembered;
      return { kind: "dir", site, base, path: folder, exclude };
    }
  }
}

/** By itself: to be versioned, a source needs no graph around it. */
function nodeOf(definition: SourceNode): SourceGraphNode {
  return { name: "", definition, inputs: [], consumers: [], index: 0 };
}
