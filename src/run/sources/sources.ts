import { decode, encode } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { fail, failureOf, SluiceError } from "../../core/failure.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphNode } from "../../core/graph.ts";
import { disabledVersion, ignoredVersion } from "../../core/key.ts";
import { type EnvSource, type ParamSource, placeOf, type SourceNode } from "../../core/node.ts";
import type { FileIndex } from "../../metadata/file-index.ts";
import { randomDigits } from "../../platform/random-name.ts";
import { shownText } from "../../platform/shown-text.ts";
import { loadArrow } from "../../store/tables/table-class.ts";
import { needsArrow } from "../../store/tables/value-classes.ts";
import { checkParam } from "./param-value.ts";
import { versionDir, versionFile, versionGlob } from "./source-files.ts";

/** What a source gives, as it was when a run started. */
export interface SourceVersion {
  /** Of what it gives; equal values have equal versions, whatever source or stage they come from. */
  readonly dataVersion: Digest;
  /** A short text of the value, for `why`; absent for secrets and variables of the environment. */
  readonly preview?: string;
  /** What it is made of, for a source of many files: to say which of them changed. */
  readonly parts?: readonly { readonly name: string; readonly digest: Digest }[];
  /** The value, afresh for each call: no consumer sees what another did to it. Of one with tables a promise of it. */
  value(): unknown;
  /** Whether it still is what was versioned. Files that were written to since are not, even with the same content. */
  unchanged(): boolean;
}

export interface SourceContext {
  /** Absolute path of the project. */
  readonly root: string;
  readonly files: Pick<FileIndex, "version" | "unchanged">;
  /** Values that the run sets, by node name. */
  readonly params: ReadonlyMap<string, unknown>;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute paths that no pattern and no folder covers: the cache, where it is not called `.sluice`. */
  readonly ignore?: readonly string[];
}

/** A node that is no stage. */
export type SourceGraphNode = GraphNode & { readonly definition: SourceNode };

/**
 * Versions a source. At once, except for patterns.
 * @throws SluiceError `missing-file`, `invalid-definition` (a folder for a file), `no-match`, `missing-parameter`, `invalid-parameter`, `missing-variable`
 */
export function versionSource(node: SourceGraphNode, context: SourceContext): SourceVersion | Promise<SourceVersion> {
  const { definition, name } = node;
  switch (definition.kind) {
    case "file":
      return versionFile(name, definition, context);
    case "glob":
      return versionGlob(name, definition, context);
    case "dir":
      return versionDir(name, definition, context);
    case "param":
      return versionParam(name, definition, context.params);
    case "env":
      return versionVariable(name, definition, context.env);
  }
}

function versionParam(name: string, param: ParamSource, params: ReadonlyMap<string, unknown>): SourceVersion {
  const given = params.get(name);
  if (given !== undefined) checkParam(name, param, given);
  else if (!param.fallback) {
    const hint = `give it with --set ${name}=..., or { params: { ${JSON.stringify(name)}: ... } } from code`;
    fail("missing-parameter", `parameter "${name}" has no default and was not given`, { ...at(param, name), hint });
  }
  const value = given === undefined ? param.fallback?.value : given;
  if (param.cache) {
    const dataVersion = param.cache === "ignore" ? ignoredVersion() : disabledVersion(randomDigits(32), name);
    return { dataVersion, value: () => value, unchanged: () => true };
  }
  try {
    const dataVersion = fingerprint(value);
    const preview = param.secret ? undefined : shownText(value);
    return {
      dataVersion,
      ...(preview === undefined ? {} : { preview }),
      value: copier(value),
      unchanged: () => true,
    };
  } catch (error) {
    const found = failureOf(error);
    if (!found) throw error;
    const message = `parameter "${name}" cannot be versioned: ${found.message.replace(/^result/, () => name)}`;
    throw new SluiceError({ ...found, ...at(param, name), reason: "invalid-parameter", message });
  }
}

/** Copies of a value as it is now: the caller's own object may change while the run lasts. What cannot be copied is handed on. */
function copier(value: unknown): () => unknown {
  if (typeof value !== "object" || value === null) return () => value;
  let isWhole = true;
  const bytes = encode(value, { versionOnly: () => (isWhole = false) });
  return isWhole ? () => decoded(bytes) : () => value;
}

/** What bytes hold; of a value with tables, for which a library is needed, a promise of that. */
export function decoded(bytes: Uint8Array): unknown {
  return needsArrow(bytes) ? loadArrow().then(() => decode(bytes)) : decode(bytes);
}

function versionVariable(name: string, variable: EnvSource, env: NodeJS.ProcessEnv): SourceVersion {
  const value = env[variable.variable] ?? variable.fallback?.value;
  if (value === undefined && !variable.fallback) {
    const hint = "set it, or give env() a default";
    fail("missing-variable", `the environment has no variable ${variable.variable}`, { ...at(variable, name), hint });
  }
  return { dataVersion: fingerprint(value), value: () => value, unchanged: () => true };
}

function at(definition: SourceNode, node: string): { node: string; where?: NonNullable<ReturnType<typeof placeOf>> } {
  const where = placeOf(definition);
  return where ? { node, where } : { node };
}
