import type { CodeVersion } from "../../analyse/code-version.ts";
import { hintFor, type InputKind } from "../../analyse/undeclared-inputs/input-kind.ts";
import type { InputUse } from "../../analyse/undeclared-inputs/input-use.ts";
import type { CodePart } from "../../core/code-part.ts";
import { type Place, SluiceError } from "../../core/failure.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import { isStage, type NodeDefinition, type StageNode } from "../../core/node.ts";
import type { PathStep } from "../explain/explanation.ts";
import { importPaths } from "../explain/import-path.ts";
import type { PlanOptions } from "../plan.ts";
import { codeOf } from "../prepare.ts";
import type { Workspace } from "../workspace.ts";

/** Something that stages get by themselves instead of as an input, at one place of the source. */
export interface UndeclaredInput extends Pick<InputUse, "kind" | "level" | "what" | "name" | "hint"> {
  /** The file is relative to the project. */
  readonly where: Place;
  /** The stages that can reach it, by name. If it is allowed for all that can, those; else those for which it is not. */
  readonly stages: readonly string[];
  /** How the first of them gets there: the stage's own code first, the code that does it last. */
  readonly path: readonly PathStep[];
  /** Why it is fine, where it is: the reason of a comment, or the option of the stages. */
  readonly allowed?: string;
}

export interface UndeclaredInputs {
  /** Sorted by file and place. */
  readonly inputs: readonly UndeclaredInput[];
  /** Installed packages that stages can reach, `papaparse@5.4.1`: what these do is not looked into. Sorted. */
  readonly packages: readonly string[];
}

/** A stage with the version of its code. */
export interface CodedStage {
  readonly node: GraphNode;
  readonly stage: StageNode;
  readonly code: CodeVersion;
}

/** Whether it is one that a user should do something about. */
export function isWrong({ level, allowed }: UndeclaredInput): boolean {
  return level === "warning" && allowed === undefined;
}

/** Finds what stages can reach that is an input which nobody declared. */
export async function undeclaredInputs(workspace: Workspace, stages: readonly CodedStage[]): Promise<UndeclaredInputs> {
  const collector = new Collector(workspace);
  for (const stage of stages) await collector.add(stage);
  return collector.all();
}

interface Entry {
  readonly use: Omit<InputUse, "offset" | "initialises" | "handles">;
  /** Of the first stage for which it is not fine, if there is one. */
  path: readonly PathStep[];
  readonly stages: string[];
  /** Stages for which it is fine, with the option that says so. */
  readonly fine: Map<string, string>;
}

class Collector {
  readonly #workspace: Workspace;
  readonly #entries = new Map<string, Entry>();
  readonly #byPart = new Map<string, readonly InputUse[]>();
  readonly #packages = new Set<string>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  async add(stage: CodedStage): Promise<void> {
    const { parts, warnings } = stage.code;
    // A captured variable counts by its value, so whatever that was read from is seen to change.
    const captured = new Set(parts.flatMap(({ kind, name }) => (kind === "captured" ? [name] : [])));
    let paths: ReturnType<typeof importPaths> | undefined;
    const pathTo = (part: CodePart): readonly PathStep[] => {
      paths ??= importPaths(parts);
      return (paths(part) ?? [part]).map(stepOf);
    };
    for (const part of parts) {
      if (part.kind === "package") this.#packages.add(part.name);
      for (const use of await this.#usesIn(part)) {
        if (
          part.own &&
          use.initialises.some((name) => captured.has(name)) &&
          !liesIn(use.offset, part.span!.slice(0, 2))
        )
          continue;
        const found = use.handles ? handleUse(stage, use, use.handles) : use;
        if (found) this.#enter(stage, found, () => pathTo(part));
      }
    }
    for (const { message: what, where, hint = hintFor("code") } of warnings) {
      const { file = "", line = 1, column = 1 } = where ?? {};
      // What is found in the text of the code is told already, with the way there.
      const known = this.#entries.get(`${idOf(file, "code", line, column)} warning`);
      if (known?.stages.includes(stage.node.name) || known?.fine.has(stage.node.name)) continue;
      const use = { kind: "code", level: "warning", what, name: what, hint, file, line, column } as const;
      this.#enter(stage, use, () => []);
    }
  }

  #enter({ node, stage }: CodedStage, use: Entry["use"], path: () => readonly PathStep[]): void {
    const id = `${idOf(use.file, use.kind, use.line, use.column)} ${use.level}`;
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = { use, path: [], stages: [], fine: new Map() };
      this.#entries.set(id, entry);
    }
    const option = optionFor(stage, use.kind);
    if (option !== undefined) {
      if (entry.fine.size === 0 && entry.stages.length === 0) entry.path = path();
      entry.fine.set(node.name, option);
    } else if (entry.stages.at(-1) !== node.name) {
      if (entry.stages.length === 0) entry.path = path();
      entry.stages.push(node.name);
    }
  }

  async #usesIn({ file, span, digest }: CodePart): Promise<readonly InputUse[]> {
    if (file === undefined || span === undefined) return [];
    const id = `${file} ${digest} ${span.join()}`;
    let uses = this.#byPart.get(id);
    if (!uses) {
      const all = await this.#workspace.analyser.inputUses(file);
      uses = all.filter(({ offset }) => liesIn(offset, span));
      this.#byPart.set(id, uses);
    }
    return uses;
  }

  all(): UndeclaredInputs {
    const inputs = [...this.#entries.values()].map(({ use, path, stages, fine }): UndeclaredInput => {
      const { kind, level, what, name, hint, file, line, column } = use;
      const allowed = use.allowed ?? (stages.length > 0 ? undefined : [...new Set(fine.values())].join(", "));
      return {
        kind,
        level,
        what,
        name,
        hint,
        where: { file, line, column },
        stages: stages.length > 0 ? stages : [...fine.keys()],
        path,
        ...(allowed === undefined ? {} : { allowed }),
      };
    });
    return { inputs: inputs.sort(byPlace), packages: [...this.#packages].sort() };
  }
}

/** What reading the `path` of inputs comes to; undefined where these are files that are declared. */
function handleUse({ node }: CodedStage, use: InputUse, names: readonly string[]): Entry["use"] | undefined {
  const read = node.inputs.filter(({ name }) => names.includes(name) || names.includes("*"));
  const bare = read.find(
    ({ node: input }) => !input || input.definition.kind === "param" || input.definition.kind === "env",
  );
  if (bare && !names.includes("*")) {
    const hint = `the input ${JSON.stringify(bare.name)} is no file: only the path counts, not what is in the file; use file()`;
    return { ...use, level: "warning", hint };
  }
  return !bare && read.every(({ node: input }) => givesHandles(input!.definition)) ? undefined : use;
}

/** Whether what a node gives has a `path` only where it is a handle. */
function givesHandles(definition: NodeDefinition): boolean {
  if (!isStage(definition)) return true;
  return definition.outputs !== undefined || definition.format === "file";
}

function idOf(file: string, kind: InputKind, line: number, column: number): string {
  return `${file}:${line}:${column} ${kind}`;
}

function liesIn(offset: number, span: readonly number[]): boolean {
  for (let i = 0; i < span.length; i += 2) if (span[i]! <= offset && offset < span[i + 1]!) return true;
  return false;
}

function stepOf({ name, file, from, line }: CodePart): PathStep {
  const at = from ?? file;
  return { name, ...(at === undefined ? {} : { file: at }), ...(line === undefined ? {} : { line }) };
}

function byPlace({ where: a }: UndeclaredInput, { where: b }: UndeclaredInput): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line! - b.line! || a.column! - b.column!;
}

const ageing: ReadonlySet<InputKind> = new Set(["clock", "network", "database"]);
const versioned: ReadonlySet<InputKind> = new Set(["program", "worker", "code"]);

/** The option of a stage that says that a kind of input is looked after; undefined if none does. */
function optionFor({ cache, maxAge, version }: StageNode, kind: InputKind): string | undefined {
  // Such a stage runs each time. Under `ignore` its author promises that what it gives does not matter.
  if (cache !== "default") return `cache: ${JSON.stringify(cache)}`;
  if (maxAge !== undefined && ageing.has(kind)) return "maxAge";
  return version !== undefined && versioned.has(kind) ? "version" : undefined;
}

/**
 * Refuses a pipeline in which something is read that nobody declared.
 * @throws SluiceError `undeclared-input`, and whatever versioning the code throws
 */
export async function refuseUndeclaredInputs(
  workspace: Workspace,
  graph: Graph,
  { targets: names }: Pick<PlanOptions, "targets">,
): Promise<void> {
  const targets = names?.flatMap((name) => graph.resolve(name));
  const stages = graph.needed(targets).flatMap((node): CodedStage[] => {
    const { definition: stage } = node;
    return isStage(stage) ? [{ node, stage, code: codeOf(workspace, node, stage) }] : [];
  });
  const wrong = (await undeclaredInputs(workspace, stages)).inputs.filter(isWrong);
  const [first] = wrong;
  if (!first) return;
  const lines = wrong.map(({ what, where, stages: [stage] }) => `${where.file}:${where.line} ${what} (${stage})`);
  const count = wrong.length === 1 ? "one undeclared input" : `${wrong.length} undeclared inputs`;
  throw new SluiceError({
    reason: "undeclared-input",
    message: `${count}, and --strict was given:\n${lines.join("\n")}`,
    node: first.stages[0]!,
    hint: "sluice check says how each is reached and what to do about it",
    retryable: false,
  });
}
