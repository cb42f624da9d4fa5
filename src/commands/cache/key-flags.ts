import { statSync } from "node:fs";
import path from "node:path";
import { escapePath } from "tinyglobby";
import type { KeyBuilder } from "../../cache/key.ts";
import type { StoredCache } from "../../cache/stored-cache.ts";
import { fail, fromSystemError } from "../../core/failure.ts";
import type { OptionSpecs, OptionValues } from "../options.ts";

/** Options that say what an entry is made of. */
export const keyOptions = {
  input: {
    type: "string",
    value: "PATH",
    multiple: true,
    help: "a file, a folder or a pattern that it is made of (repeatable)",
  },
  env: {
    type: "string",
    value: "VARIABLE",
    multiple: true,
    help: "a variable of the environment that counts; only its digest is kept (repeatable)",
  },
  key: {
    type: "string",
    value: "[NAME=]TEXT",
    multiple: true,
    help: "a text that counts, such as version=3 (repeatable)",
  },
  name: { type: "string", value: "LABEL", help: "what it is called in lists, which counts too" },
} as const satisfies OptionSpecs;

export type KeyFlags = OptionValues<typeof keyOptions>;

interface Place {
  /** Absolute path of the folder that the call was made in. */
  readonly cwd: string;
  /** Absolute paths that are left out of folders and patterns. */
  readonly without?: readonly string[];
}

/**
 * The beginning of a key that the flags describe: the same key as in code, `cache.key(LABEL).file(...).string(NAME, TEXT)`.
 * @throws SluiceError `usage`
 */
export function keyOf(cache: StoredCache, label: string, flags: KeyFlags, place: Place): KeyBuilder {
  let key = cache.key(label);
  for (const given of flags.input ?? []) key = withInput(key, given, cache.root, place);
  for (const [i, given] of (flags.key ?? []).entries()) {
    const at = given.indexOf("=");
    key = at > 0 ? key.string(given.slice(0, at), given.slice(at + 1)) : key.string(`key ${i + 1}`, given);
  }
  for (const name of flags.env ?? []) key = key.env(name);
  return key;
}

function withInput(key: KeyBuilder, given: string, root: string, { cwd, without = [] }: Place): KeyBuilder {
  const at = path.resolve(cwd, given);
  const inRoot = relativeTo(root, at);
  const found = statOf(at);
  if (found?.isDirectory()) {
    const exclude = without.map((each) => relativeTo(at, each)).filter((each) => !each.startsWith(".."));
    if (exclude.includes("")) fail("usage", `${given} is an input and an output`);
    return key.dir(inRoot === "" ? "." : inRoot, exclude.length > 0 ? { exclude: exclude.map(escapePath) } : {});
  }
  if (found || !/[*?[\]{}()!]/.test(given)) {
    if (without.includes(at)) fail("usage", `${given} is an input and an output`);
    return key.file(inRoot);
  }
  const from = relativeTo(root, cwd);
  const pattern = path.isAbsolute(given) ? given : path.posix.join(escapePath(from === "" ? "." : from), given);
  const not = without.map((each) => `!${escapePath(relativeTo(root, each))}{,/**}`);
  return key.glob([pattern, ...not]);
}

/** The stat of what is at a path, links followed; undefined where nothing is. */
export function statOf(at: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(at, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // most texts that are looked at are no paths
    if (["ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES", "ERR_INVALID_ARG_VALUE"].includes(code ?? "")) return undefined;
    throw fromSystemError(error, "looking at a file", at);
  }
}

/** A path as keys have it: relative, with `/`. */
export function relativeTo(root: string, at: string): string {
  return path.relative(root, at).replaceAll(path.sep, "/");
}

/** `NAME=VALUE`, taken apart. @throws SluiceError `usage` */
export function pairOf(option: string, given: string): readonly [name: string, value: string] {
  const at = given.indexOf("=");
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)];
  return fail("usage", `--${option} takes NAME=VALUE, not "${given}"`, { hint: "see sluice cache put --help" });
}
