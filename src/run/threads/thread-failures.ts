import type { CodePart } from "../../core/code-part.ts";
import { type Failure, failure, failureOf } from "../../core/failure.ts";
import { placeOf, type StageNode } from "../../core/node.ts";
import { thrownText } from "../../core/thrown.ts";
import { withoutClasses } from "../class-code.ts";
import type { StageFacts } from "../decision.ts";
import { placeInStack } from "../make/stack-place.ts";
import type { Answer } from "./messages.ts";
import { HeapTooLarge, ThreadExit } from "./thread-ends.ts";

type Facts = Pick<StageFacts, "node" | "stage" | "code">;

/** Why a thread ended in the midst of a call. */
export function lostThread(error: unknown, { node: { name: node }, stage }: Facts): Failure {
  if (error instanceof ThreadExit) {
    return failure("stage-failed", `${node} ended its thread, with the exit code ${error.code}`, {
      node,
      hint: "process.exit() in a thread ends the thread, and what the stage was to give is lost: throw an error instead",
    });
  }
  const { memory } = stage.executor ?? {};
  if (
    error instanceof HeapTooLarge ||
    (error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY"
  ) {
    const limit = memory === undefined ? "" : `: its heap may take ${megabytes(memory)}`;
    const seen = error instanceof HeapTooLarge ? `, and had grown to ${megabytes(error.size)}` : "";
    const raised = `executor: { kind: "thread", memory: "${more(memory)}" }`;
    return failure("stage-failed", `${node} ran out of memory in its thread${limit}${seen}`, {
      node,
      hint: `let it work in pieces, or ${memory === undefined ? "set a higher limit" : "raise the limit"}: ${raised}`,
      cause: error,
    });
  }
  const where = placeInStack(error);
  return failure("stage-failed", `${node} failed: ${thrownText(error)}`, {
    node,
    ...(where ? { where } : {}),
    hint: "it was thrown where nothing could catch it, in a callback or an unhandled rejection, and ended the thread",
    cause: error,
  });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function more(memory: number | undefined): string {
  return memory === undefined ? "8GB" : `${Math.ceil((2 * memory) / 1e6)}MB`;
}

/** What else to do, for a stage that a thread cannot have. */
export function orInline({ finder }: StageNode): string {
  return finder
    ? 'or keep it in the thread of the run: cached({ executor: "inline" }, fn)'
    : "or leave its option `executor` out";
}

/** The modules that declare a stage cannot be loaded in a thread. */
export function unloadedStage(error: unknown, { node: { name: node }, stage }: Facts): Failure {
  const found = failureOf(error);
  if (!found) throw error;
  return {
    ...found,
    node,
    message: `${node} cannot be called in a thread, where its modules are loaded again: ${found.message}`,
    hint: `${found.hint === undefined ? "" : `${found.hint}; `}see that its modules can be loaded in a worker thread, ${orInline(stage)}`,
  };
}

/** A thread has not got a stage, or has another one in its place. */
export function unfoundStage(
  { parts, captured }: Extract<Answer, { type: "unfound" }>,
  { node: { name: node }, stage, code }: Facts,
): Failure {
  const declared = placeOf(stage);
  const where = declared ? { where: declared } : {};
  if (!parts) {
    const message = `${node} cannot be called in a thread: loading its modules there does not declare it`;
    const declare = stage.finder
      ? "export it from the module in which it is written, under its name"
      : "declare it as its module is loaded, the same in each thread and before anything is run";
    const hint = `${declare}, ${orInline(stage)}`;
    return failure("load-failed", message, { node, ...where, hint });
  }
  const differing = captured ? undefined : firstDifference(withoutClasses(code).parts, parts);
  if (captured || differing?.kind === "captured") {
    const what = differing === undefined ? "what it captures" : `the captured variable "${differing.name}"`;
    const message = `${node} cannot be called in a thread: ${what} has another value there`;
    const hint = `a thread loads the modules again, and what they take from the clock, from chance or from what has run before differs: pass it as an input, ${orInline(stage)}`;
    return failure("captured-variable", message, { node, ...where, hint });
  }
  const message = `${node} cannot be called in a thread: its code is not the same there${differing === undefined ? "" : ` (${differing.name})`}`;
  const hint = `let its module import all that changes what it uses, ${orInline(stage)}; if a file was edited meanwhile, run again`;
  return failure("load-failed", message, { node, ...where, hint });
}

function firstDifference(before: readonly CodePart[], now: readonly CodePart[]): CodePart | undefined {
  const idOf = ({ kind, name, file, digest }: CodePart): string => JSON.stringify([kind, name, file, digest]);
  const [known, there] = [new Set(before.map(idOf)), new Set(now.map(idOf))];
  const differing = [
    ...before.filter((part) => !there.has(idOf(part))),
    ...now.filter((part) => !known.has(idOf(part))),
  ];
  return differing.find(({ kind }) => kind === "captured") ?? differing[0];
}
