import path from "node:path";
import { inspect } from "node:util";
import { definition, type StageContext, type StageNode } from "../core/node.ts";
import { noteDeclared } from "../core/reload.ts";
import { Declaring, describe, isRecord, kindOf } from "./declaration.ts";
import type { RunOptions } from "./project.ts";
import { settingsOf, stageRules } from "./stage-options.ts";
import type { InputValues, Returned, Stage, StageOptions, StageValue } from "./stage-types.ts";

/**
 * Declares a stage: a function over the values of other nodes, whose result is kept and reused while nothing that it depends
 * on has changed. The function gets a copy of each value; what it does to one, nobody else sees. What it returns is
 * versioned by content, so a stage that gives an equal value again re-runs nothing downstream.
 *
 * What the function captures of the code around it counts by its value. A captured variable whose value has no version (an instance
 * of a class, `this`) is an error (`captured-variable`), unless `version` says that it is looked after by hand.
 *
 * A stage can be called: `await report()` runs it and all that it reads.
 *
 * @param inputs nodes or plain values by the name that the function knows them by
 * @param fn gets the values by name, and a context (`signal`, `log`, `progress`, `meta`, `outputs`, `tmp`, `run`)
 * @throws SluiceError `invalid-definition` for options that do not exist or have wrong values
 *
 * @example
 * ```ts
 * import { file, param, stage } from "sluice";
 *
 * const words = file("words.txt");
 * const topN = param(5);
 * export const counts = stage({ words }, async ({ words }) => {
 *   const counts = new Map<string, number>();
 *   for (const word of (await words.text()).split(/\s+/)) counts.set(word, (counts.get(word) ?? 0) + 1);
 *   return counts;
 * });
 * export const report = stage(
 *   { counts, topN },
 *   ({ counts, topN }) => [...counts].sort((a, b) => b[1] - a[1]).slice(0, topN).join("\n"),
 *   { format: "text", output: "out/report.txt", timeout: "30s" },
 * );
 * ```
 */
export function stage<
  Inputs extends Readonly<Record<string, unknown>>,
  Result extends Returned<Format, Outputs>,
  const Format extends string = "auto",
  const Outputs extends Readonly<Record<string, string>> = Readonly<Record<never, string>>,
>(
  inputs: Inputs,
  fn: (inputs: InputValues<Inputs>, context: StageContext<keyof Outputs & string>) => Result,
  options?: StageOptions<StageValue<Result, Format, Outputs>, Format, Outputs>,
): Stage<StageValue<Result, Format, Outputs>> {
  const declaring = new Declaring("stage");
  const common = declaring.options(options, stageRules);
  checkInputs(declaring, inputs);
  if (typeof fn !== "function" || definition in fn) {
    declaring.wrong(`stage() needs a function as its second argument, not ${kindOf(fn)}`);
  }
  const node: StageNode = {
    kind: "stage",
    inputs,
    run: fn as unknown as StageNode["run"],
    site: declaring.site,
    ...common,
    ...settingsOf(declaring, (options ?? {}) as StageOptions<unknown>),
  };
  placeBeside(node, declaring, options?.output, options?.outputs);
  return stageHandle(node);
}

function checkInputs(declaring: Declaring, inputs: unknown): void {
  if (isRecord(inputs)) return;
  const isNode = kindOf(inputs) === "a node";
  const hint = isNode ? "wrap it in an object: stage({ name }, ({ name }) => ...)" : "pass {} if it reads nothing";
  declaring.wrong(`stage() needs an object of named inputs as its first argument, not ${kindOf(inputs)}`, hint);
}

/** The paths are made absolute when they are asked for: finding the module's folder costs more than declaring a stage. */
export function placeBeside(
  node: StageNode,
  { base }: Declaring,
  output: string | undefined,
  outputs?: Readonly<Record<string, string>> | undefined,
): void {
  if (output !== undefined) {
    Object.defineProperty(node, "output", { enumerable: true, get: () => absolute(base(), output) });
  }
  if (outputs !== undefined) {
    const own = Object.entries(outputs);
    const get = () => Object.fromEntries(own.map(([name, target]) => [name, absolute(base(), target)]));
    Object.defineProperty(node, "outputs", { enumerable: true, get });
  }
}

function absolute(base: string, target: string): string {
  return path.resolve(base, target).replaceAll(path.sep, "/");
}

/** The handle of a node that does work: it can be called. */
export function stageHandle<Value>(node: StageNode): Stage<Value> {
  const handle = async (options?: RunOptions): Promise<Value> => {
    const { runDefault } = await import("./default-project.ts");
    return (await runDefault(handle as unknown as Stage<Value>, options)) as Value;
  };
  // One by one and with a shared function: for a thousand stages, several times faster than all at once.
  Object.defineProperty(handle, definition, { value: node });
  Object.defineProperty(handle, inspect.custom, { value: describeHandle });
  noteDeclared(node);
  return Object.freeze(handle) as unknown as Stage<Value>;
}

function describeHandle(this: Stage<unknown>): string {
  return describe(this[definition]);
}
