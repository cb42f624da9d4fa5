import path from "node:path";
import type { WiringProblem, WiringReport } from "../authoring/dataflow/wiring/problem.ts";
import { fail } from "../core/failure.ts";
import { describeFailure } from "../report/failure.ts";
import { type FailureDocument, failureDocument } from "../report/json.ts";
import { describePlace } from "../report/place.ts";
import { formatCount } from "../text/quantity.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import type { ExitCode } from "./command.ts";
import { printJson, printLines } from "./print.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  readonly set?: readonly string[];
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** One problem in `check --dataflow --json`. */
interface ProblemDocument
  extends FailureDocument,
    Pick<WiringProblem, "parameter" | "giver" | "takes" | "gives" | "explanation"> {}

/** `sluice check --dataflow`: how the functions of modules are wired. */
export async function checkDataflow(files: readonly string[], options: Options, terminal: Terminal): Promise<ExitCode> {
  if (files.length === 0) {
    fail("usage", "--dataflow needs modules", { hint: "for example: sluice check --dataflow features.ts model.ts" });
  }
  const { checkModules } = await import("../authoring/dataflow/wiring/check-modules.ts");
  const reports = await checkModules(
    files.map((file) => path.resolve(terminal.cwd, file)),
    {
      ...(options.set ? { inputs: options.set.map((text) => pairOf("--set", text)[0]) } : {}),
      config: Object.fromEntries((options.config ?? []).map((text) => pairOf("--config", text))),
    },
  );
  const report = joined(reports);
  if (options.json) printJson(terminal, documentOf(report));
  else printLines(terminal.out, linesOf(report, terminal));
  return report.problems.length > 0 ? 1 : 0;
}

/** A name and a value: JSON where it is some, else a text. */
function pairOf(option: string, text: string): readonly [name: string, value: unknown] {
  const equals = text.indexOf("=");
  if (equals < 1)
    fail("usage", `${option} needs NAME=VALUE, not "${text}"`, { hint: `for example: ${option} topN=10` });
  const value = text.slice(equals + 1);
  try {
    return [text.slice(0, equals), JSON.parse(value)];
  } catch {
    // No JSON is no mistake: most values are names.
    return [text.slice(0, equals), value];
  }
}

function joined(reports: readonly WiringReport[]): WiringReport {
  const sum = (each: (report: WiringReport) => number): number => reports.reduce((all, one) => all + each(one), 0);
  return {
    nodes: sum(({ nodes }) => nodes),
    inputs: [...new Set(reports.flatMap(({ inputs }) => inputs))],
    notes: reports.flatMap(({ notes }) => notes),
    wires: sum(({ wires }) => wires),
    typed: sum(({ typed }) => typed),
    problems: reports.flatMap(({ problems }) => problems),
  };
}

function documentOf({ problems, ...counts }: WiringReport): object {
  return {
    status: problems.length > 0 ? "failed" : "ok",
    ...counts,
    problems: problems.map((problem): ProblemDocument => {
      const { parameter, giver, takes, gives, explanation } = problem;
      const more = { parameter, giver, takes, gives, explanation };
      return { ...failureDocument(problem), ...withoutAbsent(more) };
    }),
  };
}

function withoutAbsent<T extends object>(all: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}

function linesOf({ nodes, inputs, notes, wires, typed, problems }: WiringReport, { out, cwd }: Terminal): string[] {
  const { style } = out;
  const checked = `${formatCount(nodes, "node")} and ${formatCount(wires, "wire")} checked`;
  const found = problems.length === 0 ? "nothing is wrong" : formatCount(problems.length, "problem");
  const unknown = typed < wires ? `; of ${formatCount(wires - typed, "wire")} the types are not known` : "";
  return [
    ...problems.flatMap((problem) => [
      ...describeFailure(problem, { style, cwd }),
      ...(problem.giver?.where
        ? [`  ${style.dim(`given by ${sanitize(problem.giver.name)}, ${describePlace(problem.giver.where, cwd)}`)}`]
        : []),
      ...sanitizeLines(problem.explanation ?? "")
        .map((line) => (line === "" ? line : `    ${line}`))
        .filter(Boolean),
    ]),
    ...notes.map((note) => `${style.dim("note:")} ${sanitize(note)}`),
    ...(inputs.length > 0 ? [`inputs: ${inputs.map(sanitize).join(", ")}`] : []),
    `${checked}: ${found}${unknown}`,
  ];
}
