import { closeSync, existsSync, openSync, statSync } from "node:fs";
import path from "node:path";
import { parseShell, shellReferences } from "../../core/command/shell.ts";
import { type CommandSpec, variableInput } from "../../core/command/spec.ts";
import { onlyPlaceholder, placeholders, placeholderText, type Template } from "../../core/command/template.ts";
import { fail } from "../../core/failure.ts";
import type { StageContext } from "../../core/node.ts";
import { type ProgramEnd, runProgram } from "../../platform/child-process.ts";
import { ensureDir } from "../../platform/files.ts";
import { pathsIn } from "./argument-files.ts";
import { ArgumentValues } from "./argument-values.ts";
import { endedBadly, notStarted, type Started } from "./command-failure.ts";
import { commandEnvironment } from "./environment.ts";
import { LineLog } from "./line-log.ts";

/** The most bytes of a standard output that is a value: 64 MiB. */
const mostPrinted = 64 << 20;

type Inputs = Readonly<Record<string, unknown>>;

/**
 * Runs a command's program with the values of its inputs. Gives what it printed where that is the value; its outputs are where
 * `context.outputs` says.
 * @param lists the inputs that are lists of files, however many there are
 * @throws SluiceError `stage-failed`, `unsupported-value`, and the reason of `context.signal`
 */
export async function runCommand(
  spec: CommandSpec,
  inputs: Inputs,
  context: StageContext,
  lists: ReadonlySet<string>,
): Promise<unknown> {
  const values = new ArgumentValues(inputs, context, { folders: spec.folders, lists });
  const cwd = spec.folder() ?? ownFolderOf(context);
  const onText = (text: string): void => warnOfPath(text, cwd, context);
  const argv = spec.shell
    ? await shellCall(spec.argv[0]!, values, context)
    : await argumentsOf(spec.argv, values, onText);
  const env = commandEnvironment(process.env, context.tmp, await variablesOf(spec, inputs, values));
  const log = new LineLog(
    (line) => context.log.info(line),
    (percent) => context.progress(percent, 100),
  );
  const started: Started = { node: context.run.node, argv, cwd, shell: spec.shell };
  const collector = typeof spec.stdout === "object" ? undefined : new Collector(spec.stdout, log);
  const [stdin, file] = openStreams(
    spec.stdin && (await values.file(spec.stdin)),
    typeof spec.stdout === "object" ? context.outputs[spec.stdout.output]! : undefined,
  );
  const stderr = log.stream();
  let end: ProgramEnd;
  try {
    const [program = "", ...args] = argv;
    end = await runProgram({
      program,
      args,
      cwd,
      env,
      stdin,
      stdout: file ?? collector!.take,
      stderr,
      signal: collector ? AbortSignal.any([context.signal, collector.signal]) : context.signal,
    });
  } catch (error) {
    if (collector?.signal.aborted && !context.signal.aborted) return tooMuch(context.run.node);
    if (context.signal.aborted) throw error;
    throw notStarted(error, started);
  } finally {
    for (const opened of [stdin, file]) if (opened !== undefined) closeSync(opened);
    stderr();
    collector?.end();
    log.close();
  }
  if (end.code !== 0) throw endedBadly(end, started, log.last.length > 0 ? log.last : (collector?.lastLines ?? []));
  return collector?.value(context.run.node);
}

/** What the files are opened as, that a program reads from and prints to. */
function openStreams(input: string | undefined, output: string | undefined): readonly (number | undefined)[] {
  const stdin = input === undefined ? undefined : openSync(input, "r");
  try {
    return [stdin, output === undefined ? undefined : openSync(output, "w")];
  } catch (error) {
    if (stdin !== undefined) closeSync(stdin);
    throw error;
  }
}

/**
 * Each argument as one text, but a list of files by itself as one for each file.
 * @param onText told of arguments that are put together of texts alone
 */
async function argumentsOf(
  templates: readonly Template[],
  values: ArgumentValues,
  onText: (text: string) => void,
): Promise<readonly string[]> {
  const argv: string[] = [];
  for (const template of templates) {
    const only = onlyPlaceholder(template);
    const whole = only && (await values.get(only));
    if (Array.isArray(whole)) {
      argv.push(...whole);
      continue;
    }
    const text = await textOf(template, values);
    const places = placeholders(template);
    if (places.length > 0 && places.every((place) => values.isText(place))) onText(text);
    argv.push(text);
  }
  return argv;
}

/**
 * A text that is handed to a program may be the path of a file, which then is no input. Nobody can know before the text is there, so
 * it is said when the program runs.
 */
function warnOfPath(text: string, cwd: string, { log }: StageContext): void {
  const named = pathsIn(text).find((each) => isFile(path.resolve(cwd, each)));
  if (named === undefined) return;
  log.warn(
    `${JSON.stringify(named)} is a file, but only its path counts: make it an input with file() to see it change`,
  );
}

function isFile(at: string): boolean {
  return existsSync(at) && statSync(at).isFile();
}

async function textOf(template: Template, values: ArgumentValues): Promise<string> {
  let text = "";
  for (const part of template) text += typeof part === "string" ? part : await values.single(part);
  return text;
}

/** The values are parameters of the script, which the shell expands and never reads as a part of the command. */
async function shellCall(
  template: Template,
  values: ArgumentValues,
  { run: { node } }: StageContext,
): Promise<readonly string[]> {
  if (process.platform === "win32") {
    fail("unsupported-value", `"${node}" needs a shell (sh), which Windows does not have`, {
      node,
      hint: "name the program and its arguments as a list",
    });
  }
  const parsed = parseShell(template);
  if ("problem" in parsed) throw new Error(parsed.problem);
  const parameters: string[] = [];
  let script = "";
  for (const part of parsed) {
    if (typeof part === "string") {
      script += part;
      continue;
    }
    const value = part.alone ? await values.get(part) : await values.single(part);
    const all = typeof value === "string" ? [value] : value;
    if (all.length !== 1 && part.quotes !== "none") await values.single(part);
    script += shellReferences(part, parameters.length + 1, all.length);
    parameters.push(...all);
  }
  return ["/bin/sh", "-e", "-c", script, "sh", ...parameters];
}

async function variablesOf(spec: CommandSpec, inputs: Inputs, values: ArgumentValues): Promise<Record<string, string>> {
  const wanted: Record<string, string> = {};
  const set = (name: string, value: string): void => {
    Object.defineProperty(wanted, name, { value, enumerable: true, configurable: true, writable: true });
  };
  for (const name of spec.passed) {
    const value = inputs[variableInput(name)];
    if (typeof value === "string") set(name, value);
  }
  for (const [name, template] of Object.entries(spec.env)) set(name, await textOf(template, values));
  return wanted;
}

/** An empty folder beside that of temporary files. */
function ownFolderOf({ tmp }: StageContext): string {
  const folder = path.join(tmp, "work");
  ensureDir(folder, 0o700);
  return folder;
}

/** What comes from a program's standard output. */
class Collector {
  readonly take: (chunk: Uint8Array) => void;
  readonly #mode: "log" | "text" | "json" | "ignore";
  readonly #chunks: Uint8Array[] = [];
  readonly #tooMuch = new AbortController();
  readonly #lines: ((chunk?: Uint8Array) => void) | undefined;
  #size = 0;

  constructor(mode: "log" | "text" | "json" | "ignore", log: LineLog) {
    this.#mode = mode;
    this.#lines = mode === "log" ? log.stream() : undefined;
    this.take = this.#lines ?? (mode === "ignore" ? () => {} : (chunk) => this.#keep(chunk));
  }

  /** Aborted when there is more than a value may hold. */
  get signal(): AbortSignal {
    return this.#tooMuch.signal;
  }

  end(): void {
    this.#lines?.();
  }

  #keep(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > mostPrinted) this.#tooMuch.abort();
    else this.#chunks.push(chunk);
  }

  /** For a program that failed and had nothing to say but its result. */
  get lastLines(): readonly string[] {
    const last = new LineLog(() => {});
    const stream = last.stream();
    for (const chunk of this.#chunks) stream(chunk);
    stream();
    return last.last;
  }

  /** @throws SluiceError `unsupported-value` */
  value(node: string): unknown {
    if (this.#mode === "log" || this.#mode === "ignore") return undefined;
    const text = this.#text(node);
    if (this.#mode === "text") return text;
    try {
      return JSON.parse(text);
    } catch (cause) {
      const what = text.trim() === "" ? "nothing" : "what is not JSON";
      return fail("unsupported-value", `"${node}" printed ${what}: ${(cause as Error).message}`, {
        node,
        hint: 'let it print one JSON document and nothing else to stdout (messages go to stderr), or use stdout: "text"',
        cause,
      });
    }
  }

  #text(node: string): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(this.#chunks));
    } catch (cause) {
      const hint = 'write it to an output: outputs: { printed: PATH }, stdout: "{printed}"';
      return fail("unsupported-value", `"${node}" printed what is not UTF-8 text`, { node, hint, cause });
    }
  }
}

function tooMuch(node: string): never {
  return fail("unsupported-value", `"${node}" printed more than ${mostPrinted >> 20} MiB, too much for a value`, {
    node,
    hint: `write it to an output: outputs: { printed: PATH }, stdout: "${placeholderText({ name: "printed" })}"`,
  });
}
