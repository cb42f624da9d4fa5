import type { StageContext, StageNode } from "../../core/node.ts";
import type { Calling } from "../threads/call-in-thread.ts";
import type { AttemptFolder } from "./attempt-folder.ts";

/** Whether a stage's function is called in a thread of its own. */
export function isInThread(stage: StageNode): boolean {
  return stage.executor?.kind === "thread";
}

/**
 * Calls a stage's function: here, or in a thread where its `executor` says so. What a thread is given may be sealed values,
 * and what it gives may be an encoded value.
 */
export function callStage(
  calling: Calling,
  inputs: Readonly<Record<string, unknown>>,
  context: StageContext,
  folder: AttemptFolder,
): unknown {
  const { stage } = calling.facts;
  if (!isInThread(stage)) return stage.run(inputs, context);
  return import("../threads/call-in-thread.ts").then(({ callInThread }) =>
    callInThread(calling, inputs, context, folder),
  );
}
