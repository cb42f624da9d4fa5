import type { DerivedCache } from "../../core/derived.ts";
import { SluiceError } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { StageNode } from "../../core/node.ts";
import { beginReload } from "../../core/reload.ts";
import { MemoryMetadata } from "../../metadata/memory-metadata.ts";
import { openSqliteMetadata } from "../../metadata/sqlite-metadata.ts";
import { LocalBlobStore } from "../../store/local-blob-store.ts";
import { DamagedInput } from "../make/damaged-input.ts";
import { whileMakingFor } from "../make/making.ts";
import { Reads } from "../make/reads.ts";
import { type AbsorbOptions, absorb } from "../make/streams/absorb.ts";
import type { Answer, CallRequest, ThreadProject, Told } from "./messages.ts";
import { sendError } from "./sent-error.ts";
import { sendResult } from "./sent-result.ts";
import { type Receiver, receiveValue } from "./sent-value.ts";
import { progressTeller, threadContext } from "./thread-context.ts";
import { divertOutput, isCalling, whileCalling, whileLoading } from "./thread-output.ts";
import { type FoundStage, ThreadProgram, type Unfound } from "./thread-program.ts";
import { threadSignal } from "./thread-signal.ts";
import { whileTraced } from "./trace-context.ts";

/*
 * What a thread runs: once for each call of a stage's function. How the call ended is told on its own port; what is thrown
 * here is a bug.
 */

let program: ThreadProgram | undefined;

/** Serves one call. */
export async function serve(request: CallRequest): Promise<void> {
  program ??= open(request.project);
  const moved: ArrayBuffer[] = [];
  const answer = await answerTo(request, program, moved);
  request.port.postMessage(answer, moved);
}

function open({ root, metadata, argv }: ThreadProject): ThreadProgram {
  // The modules of the pipeline are to see what they saw when they were loaded for the run.
  process.argv = [...argv];
  divertOutput();
  const opened = new ThreadProgram(root, derivedIn(metadata));
  beginReload({
    declared: (node) => opened.declared(node),
    holdsBack: () => {
      // A stage's function may well run nodes.
      if (isCalling()) return false;
      opened.heldBack();
      return true;
    },
  });
  return opened;
}

function derivedIn(file: string | undefined): DerivedCache {
  if (file === undefined) return new MemoryMetadata().derived;
  // What is wrong with it, the thread of the run has said.
  return openSqliteMetadata({ file, readOnly: true, onWarning: () => {} }).derived;
}

async function answerTo(request: CallRequest, opened: ThreadProgram, moved: ArrayBuffer[]): Promise<Answer> {
  let found: FoundStage | Unfound;
  try {
    found = await whileLoading(() => opened.find(request.stage));
  } catch (error) {
    return { type: "unloaded", error: sendError(error) };
  }
  if (!("stage" in found)) {
    const { code, captured = false } = found;
    return { type: "unfound", captured, ...(code ? { parts: code.parts.map(({ text: _, ...part }) => part) } : {}) };
  }
  const reads = new Reads();
  const received = await receiveArguments(request, reads);
  if (!("values" in received)) return received;
  try {
    const answer = await call(request, found, received.values, moved);
    await reads.settle();
    return answer;
  } catch (error) {
    const damage = error instanceof DamagedInput ? error : await reads.cause(error);
    if (!damage) return { type: "thrown", error: sendError(error) };
    return { type: "unreadable", input: damage.node.name, error: sendError(new SluiceError(damage.failure)) };
  }
}

type Unreadable = Answer & { readonly type: "unreadable" };

async function receiveArguments(
  { args, project: { root, scratch }, port }: CallRequest,
  reads: Reads,
): Promise<Unreadable | { readonly values: readonly unknown[] }> {
  const refs: FileRef[] = [];
  const receiver: Receiver = { root, scratch, reads, onProjectFile: (ref) => refs.push(ref) };
  const received: unknown[] = [];
  let input = "";
  try {
    for (const arg of args) {
      if (arg.kind === "value") {
        input = arg.name;
        received.push(await receiveValue(arg.name, arg.value, receiver));
        continue;
      }
      const values: Record<string, unknown> = {};
      for (const [name, sent] of arg.values) {
        input = name;
        const value = await receiveValue(name, sent, receiver);
        Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
      }
      received.push(values);
    }
  } catch (error) {
    return { type: "unreadable", input, error: sendError(error) };
  }
  if (refs.length > 0) port.postMessage({ type: "files", refs } satisfies Told);
  return { values: received };
}

async function call(
  request: CallRequest,
  { stage, code }: FoundStage,
  values: readonly unknown[],
  moved: ArrayBuffer[],
): Promise<Answer> {
  const { port, trace, makings } = request;
  const signal = threadSignal(port);
  const progress = progressTeller(port);
  const context = threadContext(request, signal, progress);
  const changedBefore = code.changedCapture?.();
  const run = async (): Promise<unknown> => {
    const given: unknown = await (stage.run as (...args: unknown[]) => unknown)(...values, context);
    return takeIn(given, request, stage, progress, signal);
  };
  const value = await whileCalling(
    (stream, text) => port.postMessage({ type: "output", stream, text } satisfies Told),
    () => whileMakingFor(makings, signal, () => (trace ? whileTraced(trace, run) : run())),
  );
  const result = await sendResult(request, value, moved);
  return { type: "given", result, changedCapture: changedBefore ?? code.changedCapture?.() };
}

/** Puts what comes bit by bit into the store, in the thread in which it does. */
function takeIn(
  value: unknown,
  { streams, stage: { format, formatOptions } }: CallRequest,
  stage: StageNode,
  progress: AbsorbOptions["progress"],
  signal: AbortSignal,
): unknown {
  if (!streams) return value;
  const blobs = new LocalBlobStore(streams.blobs);
  const scratch = new LocalBlobStore(streams.scratch);
  return absorb(value, { stage: { ...stage, format, formatOptions }, blobs, scratch, progress }, { signal });
}
