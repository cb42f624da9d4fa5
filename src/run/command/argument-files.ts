import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { mostPartText } from "../../core/code-part.ts";
import { isForShell, type ShellWord, shellWords } from "../../core/command/shell-words.ts";
import type { CommandSpec } from "../../core/command/spec.ts";
import { plainText, type Template } from "../../core/command/template.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { digestParts } from "../../core/fingerprint.ts";
import type { FileIndex } from "../../metadata/file-index.ts";
import { cleanCode } from "../../platform/secrets.ts";

/** What is at a path that an argument may mean: a file by its version, or what else is there. */
export type PathState = { readonly kind: "file"; readonly version: Digest } | { readonly kind: "folder" | "nothing" };

/** A path that an argument may mean. */
export interface NamedPath {
  /** As the argument has it. */
  readonly written: string;
  /** Absolute. Of a pattern that a shell replaces by names of files, the folder that it begins with. */
  readonly at: string;
  readonly isPattern: boolean;
}

/** A path that an argument may mean, and what is there. */
export type LookedAt = PathState & NamedPath;

/** What a file's version is looked up in. */
export type Files = Pick<FileIndex, "version">;

/**
 * The paths that the arguments of a command may mean, and the variables that it sets, from the folder that it runs in, once
 * each. A shell command is taken word by word. A bare name of a program is looked up elsewhere, on the `PATH`.
 */
export function pathsOf(command: CommandSpec): readonly NamedPath[] {
  const { argv, env, shell, folder } = command;
  const from = folder();
  // In a folder of its own there is nothing that could be meant, but a path may lead out of any.
  const base = from ?? path.parse(process.cwd()).root;
  const plain = argv.map(plainText);
  const words = argv.flatMap((template, i) =>
    shell || isForShell(plain, i) ? wordsOf(template) : argumentWord(template, i === 0),
  );
  for (const template of Object.values(env)) words.push(...argumentWord(template, false));
  const found = new Map<string, NamedPath>();
  for (const { text, isPattern } of words) {
    for (const written of pathsIn(text)) {
      const place = isPattern ? fixedPart(written) : written;
      // A pattern without a folder may be no pattern of files: that of a `case`, a test with `[`.
      if (isPattern && !written.includes("/")) continue;
      const at = path.resolve(base, place);
      if (from !== undefined || path.isAbsolute(written)) found.set(at, { written, at, isPattern });
    }
  }
  return [...found.values()];
}

/** The folders that a pattern begins with. */
export function fixedPart(pattern: string): string {
  const parts = pattern.split("/");
  const end = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  const fixed = end < 0 ? parts : parts.slice(0, end);
  return fixed.join("/") || (fixed.length > 0 ? "/" : ".");
}

/** The words of a shell command that are written out. */
function wordsOf(template: Template): readonly ShellWord[] {
  return template.flatMap((part) => (typeof part === "string" ? shellWords(part) : []));
}

function argumentWord(template: Template, isProgram: boolean): readonly ShellWord[] {
  const text = plainText(template);
  if (text === undefined || (isProgram && !/[/\\]/.test(text))) return [];
  return [{ text, isPattern: false }];
}

/** What of an argument may be a path: `x`, `--option=x`, `-ox`, `@x`. */
export function pathsIn(text: string): readonly string[] {
  const [, glued] = /^-[A-Za-z](.+)$/s.exec(text) ?? [];
  const equals = text.indexOf("=");
  const candidates = [
    ...(text.startsWith("-") ? [] : [text]),
    ...(glued === undefined ? [] : [glued]),
    ...(equals < 0 ? [] : [text.slice(equals + 1)]),
    ...(text.startsWith("@") ? [text.slice(1)] : []),
  ];
  return candidates.filter((each) => each !== "" && each.length <= 4096 && !/[\0\n]/.test(each));
}

/** What is at a path now. What cannot be looked at is not there. */
export function lookAt(files: Files, at: string): PathState {
  try {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return { kind: "folder" };
    if (!stat?.isFile()) return { kind: "nothing" };
    const { digest, executable } = files.version(at);
    return { kind: "file", version: digestParts("argument", [digest, executable]) };
  } catch (error) {
    const reason = failureOf(error)?.reason;
    if (reason === "missing-file" || reason === "invalid-definition" || reason === "read-only")
      return { kind: "nothing" };
    if (isNoPath((error as NodeJS.ErrnoException).code)) return { kind: "nothing" };
    throw error;
  }
}

/** Most arguments are no paths, and some cannot be. */
function isNoPath(code: string | undefined): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES", "EINVAL", "ERR_INVALID_ARG_VALUE"].includes(
    code ?? "",
  );
}

/** The same state in one word, to be compared. */
export function stateText(state: PathState): string {
  return state.kind === "file" ? state.version : state.kind;
}

/** Files that are there to hold secrets: their digests count, their texts are not kept. */
const secretFile =
  /^\.env(?:\.|$)|^\.(?:netrc|npmrc|pgpass|htpasswd)$|^id_(?:rsa|dsa|ecdsa|ed25519)|credential|secret|\.(?:pem|key|p12|pfx|jks|kdbx)$/i;

/** The text of a file of this version, if it is one that a person could read. */
export function textAt(files: Files, { at, ...state }: LookedAt): string | undefined {
  if (state.kind !== "file" || secretFile.test(path.basename(at))) return undefined;
  try {
    if (statSync(at).size > mostPartText * 4) return undefined;
    const bytes = readFileSync(at);
    const { executable } = files.version(at);
    if (digestParts("argument", [digestOf(bytes), executable]) !== state.version || bytes.includes(0)) return undefined;
    return cleanCode(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (failureOf(error) || error instanceof TypeError || isNoPath((error as NodeJS.ErrnoException).code))
      return undefined;
    throw error;
  }
}
