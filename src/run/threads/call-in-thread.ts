import { AsyncResource } from "node:async_hooks";
import { MessageChannel, type MessagePort, type Transferable } from "node:worker_threads";
import type { Digest } from "../../core/digest.ts";
import { fail, failure, failureOf, SluiceError } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { StageContext } from "../../core/node.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import type { DecodeOptions } from "../../store/format.ts";
import type { StageFacts } from "../decision.ts";
import type { AttemptFolder } from "../make/attempt-folder.ts";
import { DamagedInput, isDamage } from "../make/damaged-input.ts";
import { handleRevivers } from "../make/handle-revivers.ts";
import { makingNow } from "../make/making.ts";
import type { BlobReads } from "../make/reads.ts";
import type { ReportProgress } from "../make/stage-progress.ts";
import { metadataFile } from "../open-store.ts";
import type { Workspace } from "../workspace.ts";
import type { Answer, CallRequest, SentArgument, SentResult, Stop, Told } from "./messages.ts";
import { receiveError } from "./sent-error.ts";
import { receiveResult } from "./sent-result.ts";
import { filesStored, foldersOf, type SentValue, sendValue } from "./sent-value.ts";
import { lostThread, unfoundStage, unloadedStage } from "./thread-failures.ts";
import type { ThreadOptions, Threads } from "./threads.ts";
import { threadsOf } from "./threads-of.ts";
import { activeTrace } from "./trace-context.ts";
import { wantedStage } from "./wanted-stage.ts";

/** A call of a stage's function. */
export interface Calling {
  readonly workspace: Workspace;
  readonly facts: StageFacts;
  /** Where its result is put, and where else files may be that it leads to. */
  readonly stores: readonly [sink: BlobStore, elsewhere: BlobStore];
  /** Takes what is not needed afterwards. */
  readonly scratch: BlobStore;
  /** Whether a value that comes bit by bit is put into a store. */
  readonly isTakenIn: boolean;
  readonly progress: ReportProgress;
  /** Told of the project's files that handles in the inputs lead to. */
  readonly onProjectFile: (ref: FileRef) => void;
  /** Told of a captured variable that does not hold in the thread what it should. */
  readonly onChangedCapture: (name: string) => void;
}

/**
 * How long a function that is to stop may take to do so, in milliseconds; then its thread is ended. Long enough for a run that the
 * function has begun to kill a program that does not end.
 */
const graceMs = 2000;

/**
 * Calls a stage's function in a thread.
 * @throws DamagedInput for an input that cannot be decoded
 * @throws SluiceError `load-failed` or `captured-variable` where the thread does not have the stage, `stage-failed` when it
 *   ends, `unsupported-value` for what cannot go there or come back; and whatever the function throws
 */
export async function callInThread(
  calling: Calling,
  inputs: Readonly<Record<string, unknown>>,
  context: StageContext,
  folder: AttemptFolder,
): Promise<unknown> {
  const { workspace, facts } = calling;
  const { port1: port, port2 } = new MessageChannel();
  try {
    const moved: Transferable[] = [port2];
    const request = requestFor(calling, inputs, context, folder, port2, moved);
    const answer = listen(port, calling, context);
    const threads = await threadsOf(workspace);
    await serve(threads, request, context.signal, port, { memory: facts.stage.executor?.memory, moved }, facts);
    // Whatever a function gives that was to stop, it comes too late.
    context.signal.throwIfAborted();
    return await resultOf(await answer, calling);
  } finally {
    port.close();
  }
}

function requestFor(
  { workspace, facts, stores, scratch, isTakenIn }: Calling,
  inputs: Readonly<Record<string, unknown>>,
  { run }: StageContext,
  folder: AttemptFolder,
  port: MessagePort,
  moved: Transferable[],
): CallRequest {
  const { root, cacheDir, blobs } = workspace;
  const [sink, rest] = [foldersOf(stores[0]), foldersOf(scratch)];
  const buffers: ArrayBuffer[] = [];
  const send = (name: string, value: unknown): SentValue => sendValue(name, value, blobs, buffers);
  const record = (values: Readonly<Record<string, unknown>>): SentArgument => ({
    kind: "record",
    values: Object.entries(values).map(([name, value]) => [name, send(name, value)] as const),
  });
  // The function of a map takes an item, and the inputs that all items share.
  const item = (): SentArgument =>
    facts.stage.items?.spread
      ? record(inputs.item as typeof inputs)
      : { kind: "value", name: "item", value: send("item", inputs.item) };
  const args: readonly SentArgument[] =
    facts.stage.kind === "map" ? [item(), record(inputs.inputs as typeof inputs)] : [record(inputs)];
  moved.push(...buffers);
  return {
    project: {
      root,
      scratch: workspace.scratch,
      metadata: cacheDir === undefined ? undefined : metadataFile(cacheDir),
      argv: process.argv,
    },
    stage: wantedStage(workspace, facts),
    port,
    args,
    run,
    makings: makingNow().map(({ called, keys, instead }) => ({ called, keys, instead })),
    trace: activeTrace(),
    folder: folder.lend(),
    streams: isTakenIn && sink && rest ? { blobs: sink, scratch: rest } : undefined,
    encoded: isEncoded(facts),
  };
}

/** Whether a result is stored by its format, and by nothing else. */
function isEncoded({ behaviour, stage }: StageFacts): boolean {
  const cached = behaviour === "default" || behaviour === "recompute";
  return cached && !stage.unrecorded && stage.outputs === undefined && stage.format !== "file";
}

/** Passes on what the thread tells; gives how the call ended. */
function listen(port: MessagePort, { onProjectFile, progress }: Calling, context: StageContext): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // The call goes on, and then fails with this.
  const told = (note: () => void): void => {
    try {
      note();
    } catch (error) {
      reject(error);
    }
  };
  const hear = (message: Told | Answer): void => {
    switch (message.type) {
      case "output":
        // Whoever takes what stages print takes this too.
        return void process[message.stream].write(message.text);
      case "log":
        return context.log[message.level](message.text);
      case "progress":
        return progress(message.done, message.total, message.unit);
      case "meta":
        return context.meta(message.name, message.value);
      case "read":
        return told(() => context.read(message.path, message.options));
      case "wrote":
        return told(() => context.wrote(message.path, message.options));
      case "files":
        return message.refs.forEach(onProjectFile);
      default:
        return resolve(message);
    }
  };
  port.on("message", AsyncResource.bind(hear));
  port.on("messageerror", reject);
  // When the thread is lost, nobody waits for this.
  promise.catch(() => {});
  return promise;
}

/** Has the call served, and sees to it that it ends. */
async function serve(
  threads: Threads,
  request: CallRequest,
  signal: AbortSignal,
  port: MessagePort,
  options: Omit<ThreadOptions, "end">,
  facts: StageFacts,
): Promise<void> {
  const end = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    const reason = failureOf(signal.reason) ?? failure("cancelled", `${facts.node.name} was cancelled`);
    const { cause: _, ...plain } = reason;
    port.postMessage({ type: "stop", failure: plain } satisfies Stop);
    grace = setTimeout(() => end.abort(), graceMs);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    await threads.serve(request, { ...options, end });
  } catch (error) {
    signal.throwIfAborted();
    if (end.signal.aborted) fail("cancelled", `${facts.node.name} was ended`, { node: facts.node.name });
    throw new SluiceError(lostThread(error, facts));
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", stop);
  }
}

async function resultOf(answer: Answer, calling: Calling): Promise<unknown> {
  const { facts } = calling;
  switch (answer.type) {
    case "given":
      if (answer.changedCapture !== undefined) calling.onChangedCapture(answer.changedCapture);
      return receiveResult(answer.result, await reviversOf(answer.result, calling));
    case "thrown":
      throw receiveError(answer.error);
    case "unreadable": {
      const error = receiveError(answer.error);
      const damage = failureOf(error);
      const node = facts.node.inputs.find(({ name }) => name === answer.input)?.node;
      throw node && damage && isDamage(damage) ? new DamagedInput(node, damage) : error;
    }
    case "unloaded":
      throw new SluiceError(unloadedStage(receiveError(answer.error), facts));
    case "unfound":
      throw new SluiceError(unfoundStage(answer, facts));
  }
}

/** Makes the handles of a value, wherever that is stored which they lead to. */
async function reviversOf(
  result: SentResult,
  { workspace, stores: [sink, elsewhere] }: Calling,
): Promise<DecodeOptions> {
  if (result.kind === "encoded") return {};
  const stored = filesStored(result.encoded.files ?? []);
  const holders = new Map<Digest, BlobStore>();
  for (const { digest } of stored) holders.set(digest, (await sink.stat(digest)) ? sink : elsewhere);
  const holder = (digest: Digest): BlobStore => holders.get(digest) ?? sink;
  const reads: BlobReads = {
    read: (digest) => holder(digest).read(digest),
    stream: (digest) => holder(digest).stream(digest),
    verify: (digest) => holder(digest).verify(digest),
    placeSync: (digest, target, options) => holder(digest).placeSync(digest, target, options),
  };
  return handleRevivers(workspace, reads, stored, () => {});
}
