import path from "node:path";
import type { CodeVersion } from "../../analyse/code-version.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { CommandSpec } from "../../core/command/spec.ts";
import { placeholderText } from "../../core/command/template.ts";
import { type Failure, failure } from "../../core/failure.ts";
import { digestParts } from "../../core/fingerprint.ts";
import type { JsonValue } from "../../core/json.ts";
import { definitionOf, placeOf, type StageNode } from "../../core/node.ts";
import { hidden } from "../../platform/secret-patterns.ts";
import { holdsSecret } from "../../platform/shown-text.ts";
import { type Files, fixedPart, type LookedAt, lookAt, pathsOf, stateText, textAt } from "./argument-files.ts";

/** Raise it when commands are run in another way, so that they would give something else. */
const scheme = 1;

/** Values that are longer are told by their lines. */
const mostShown = 100;

/** A stage that is a command. */
export type CommandNode = StageNode & { readonly command: CommandSpec };

export function isCommand(stage: StageNode): stage is CommandNode {
  return stage.command !== undefined;
}

/**
 * The version of what a command runs: its arguments as they are written, how it is run, and the files that they name.
 * @param checks of the checks of its value, which are code
 */
export function commandCode(
  root: string,
  files: Files,
  stage: CommandNode,
  checks: CodeVersion | undefined,
): CodeVersion {
  const { command } = stage;
  const looked = pathsOf(command).map((each): LookedAt => ({ ...each, ...lookAt(files, each.at) }));
  const parts = [
    ...settingParts(root, command),
    ...looked.filter(({ kind }) => kind === "file").map((each) => new FilePart(root, files, each)),
  ];
  return {
    digest: digestParts("command", [
      scheme,
      ...parts.flatMap(({ name, digest }) => [name, digest]),
      checks?.digest ?? "",
    ]),
    parts: [...parts, ...(checks?.parts ?? [])],
    warnings: [...folderWarnings(stage, looked), ...(checks?.warnings ?? [])],
    ...(checks?.changedCapture ? { changedCapture: checks.changedCapture } : {}),
    changedFile: () => looked.find((each) => stateText(lookAt(files, each.at)) !== stateText(each))?.written,
    paths: looked.map((each) => [relative(root, each.at), stateText(each)]),
  };
}

/** Paths of the project count by how they lie in it. */
function relative(root: string, at: string): string {
  return (path.relative(root, at) || ".").replaceAll(path.sep, "/");
}

function settingParts(root: string, command: CommandSpec): readonly CodePart[] {
  const { written, shell, stdout, stdin, env, folders } = command;
  const folder = command.folder();
  const told = written.map((argument) => (holdsSecret([argument]) ? hidden : shell ? argument : quoted(argument)));
  const [shown, text] = shell ? [told[0]!, told[0]!] : [told.join(" "), told.join("\n")];
  const inside = folder === undefined ? command.cwd : relative(root, folder);
  return [
    setting(shell ? "shell command" : "arguments", [...written], shown, text),
    ...(stdout === "log"
      ? []
      : [setting("stdout", stdout, typeof stdout === "string" ? stdout : `{${stdout.output}}`)]),
    ...(stdin ? [setting("stdin", placeholderText(stdin), placeholderText(stdin))] : []),
    setting("cwd", inside, inside),
    ...(folders.size === 0 ? [] : [setting("folders", [...folders].sort(), [...folders].sort().join(", "))]),
    // What they are set to may be a secret.
    ...Object.keys(env).map((name) =>
      setting(
        `env ${name}`,
        env[name]!.map((part) => part as JsonValue),
      ),
    ),
  ];
}

function setting(name: string, value: JsonValue, shown?: string, text?: string): CodePart {
  const isShort = shown !== undefined && shown.length <= mostShown && !shown.includes("\n");
  return {
    kind: "command",
    name,
    digest: digestParts("command-setting", [name, value]),
    own: true,
    ...(isShort ? { value: shown } : {}),
    ...(text === undefined ? {} : { text }),
  };
}

/** An argument as a person would write it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

/** A file that an argument names. Its text is read when somebody asks for it: most runs do not. */
class FilePart implements CodePart {
  readonly kind = "file";
  readonly own = true;
  readonly name: string;
  readonly file: string;
  readonly digest: string;
  readonly #read: () => string | undefined;
  #text: { readonly found: string | undefined } | undefined;

  constructor(root: string, files: Files, looked: LookedAt) {
    this.name = relative(root, looked.at);
    this.file = this.name;
    this.digest = stateText(looked);
    this.#read = () => textAt(files, looked);
  }

  get text(): string {
    this.#text ??= { found: this.#read() };
    return this.#text.found as string;
  }
}

/** What is in a folder does not count, and that is said; unless it is an input as well, or looked after by hand. */
function folderWarnings(stage: CommandNode, looked: readonly LookedAt[]): readonly Failure[] {
  if (stage.version !== undefined) return [];
  const where = placeOf(stage);
  return looked
    .filter(({ kind, at }) => kind === "folder" && !isDeclared(stage, at))
    .map(({ written, isPattern }) => {
      const name = JSON.stringify(written);
      const [message, input] = isPattern
        ? [`the files that ${name} matches do not count`, `{ files: glob(${name}) }, [..., "{files}"]`]
        : [
            `the argument ${name} is a folder: what is in it does not count`,
            `{ folder: dir(${name}) }, [..., "{folder}"]`,
          ];
      return failure("undeclared-input", message, {
        ...(where ? { where } : {}),
        hint: `make ${isPattern ? "them" : "it"} an input: command(${input})`,
      });
    });
}

/** Whether an input covers something of a folder. */
function isDeclared({ inputs }: CommandNode, folder: string): boolean {
  const isIn = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer + path.sep);
  return Object.keys(inputs).some((name) => {
    const source = definitionOf(inputs[name]);
    if (source?.kind === "dir") return isIn(folder, path.resolve(source.base(), source.path));
    if (source?.kind !== "glob") return false;
    return source.patterns.some((pattern) => isIn(path.resolve(source.base(), fixedPart(pattern)), folder));
  });
}
