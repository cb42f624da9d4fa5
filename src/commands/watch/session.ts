import path from "node:path";
import type { RunEvent } from "../../core/event.ts";
import { type Failure, failure, SluiceError } from "../../core/failure.ts";
import { failureDocument } from "../../report/json.ts";
import type { Loudness } from "../../report/output.ts";
import { changedLine, goingOnLine, waitingLine } from "../../report/watch-lines.ts";
import type { Changes } from "../../run/watch/changes.ts";
import type { Dependencies } from "../../run/watch/dependencies.ts";
import type { ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { warn } from "../project.ts";
import { type OpenReport, openLiveReport } from "../run-report.ts";
import type { Terminal } from "../terminal.ts";
import { reportTrouble } from "../trouble.ts";
import { Handover } from "./handover.ts";
import { LoopGuard } from "./loop-guard.ts";
import type { Work } from "./messages.ts";
import { Turn, type TurnEnd } from "./turn.ts";
import { sleep, WatchedFiles } from "./watched-files.ts";
import { WorkerProcess } from "./worker-process.ts";

interface WatchOptions {
  readonly work: Work;
  readonly loudness: Loudness;
  readonly json: boolean;
  /** Whether keys may be read. */
  readonly keys: boolean;
  readonly terminal: Terminal;
}

/** Milliseconds in which a pipeline must have loaded after one of its files has changed again; it may be in an endless loop. */
const loadTime = 1_000;
/** Milliseconds in which most of a run's stages have started. */
const startTime = 500;
/** Runs, and runs again whenever something has changed that the run depends on, until it is interrupted. */
export async function watchRuns(options: WatchOptions): Promise<ExitCode> {
  const session = new WatchSession(options);
  const interruption = listenForInterruption({
    onFirst: () => session.onInterrupted(),
    onSecond: () => session.kill(),
  });
  const { promise, resolve } = Promise.withResolvers<"stop">();
  interruption.signal.addEventListener("abort", () => resolve("stop"), { once: true });
  try {
    await session.run(promise);
    return 130;
  } finally {
    await session.close();
    interruption.dispose();
  }
}

class WatchSession {
  readonly #options: WatchOptions;
  readonly #files: WatchedFiles;
  readonly #guard = new LoopGuard();
  /** What the latest run depended on. */
  #known: Dependencies | undefined;
  #standby: WorkerProcess | undefined;
  /** Of which something may still run; the last is the current one. */
  #turns: Turn[] = [];
  #report: OpenReport | undefined;
  #handover: Handover | undefined;
  /** Names that the pipeline may change itself: one more run is to tell. */
  #suspects: ReadonlySet<string> = new Set();
  /** An output that a run which was let go of has placed, perhaps over that of the current one. */
  #placedLate: string | undefined;
  /** Processes that were told to end. */
  readonly #leaving = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#files = new WatchedFiles(options.work, (warning) => warn(options.terminal, warning));
  }

  async run(stop: Promise<"stop">): Promise<void> {
    let changes: Changes | undefined;
    await this.#files.open();
    await this.#files.listen(await this.#files.now(undefined));
    do {
      changes = await this.#once(changes, stop);
      if (changes) this.#say((style) => changedLine([...changes!.code, ...changes!.data], style));
    } while (changes);
    await this.#cancelAll();
  }

  /** One run, until something has changed that calls for the next; gives what. Undefined when it is to stop. */
  async #once(changes: Changes | undefined, stop: Promise<"stop">): Promise<Changes | undefined> {
    const isSameStore = !(await this.#files.open());
    const last = this.#turns.at(-1);
    const earlier = this.#turns.filter((turn) => !turn.end);
    const isSameCode = changes?.code.length === 0 && isSameStore;
    const reused = earlier.length === 0 && last?.isReusable && isSameCode ? last.worker : undefined;
    for (const { end, worker } of this.#turns) if (end && worker !== reused) this.#stop(worker);
    this.#turns = [...earlier];
    this.#handover = undefined;
    const { terminal, loudness, keys } = this.#options;
    this.#report = await openLiveReport(terminal, loudness, { "no-keys": !keys });
    const turn = this.#start(reused ?? this.#fresh(), earlier.length > 0);
    let hasBegun = earlier.length === 0;
    let isOver = false;
    // What the pipeline is suspected to change itself is left alone until the run is over.
    const isProbe = this.#suspects.size > 0;
    let suspects = this.#suspects;
    this.#suspects = new Set();
    const isSuspect = (changed: Changes): boolean => {
      const names = namesIn(changed);
      if (names.every((name) => suspects.has(name))) return true;
      if (!this.#guard.isLoop(names, turn.sinceStart)) return false;
      suspects = new Set(names);
      return true;
    };
    for (;;) {
      const what = await Promise.race([
        stop,
        ...(isOver ? [] : [turn.ended.then(() => "ended" as const)]),
        ...(hasBegun ? [] : [turn.wants.then((keys) => keys)]),
        this.#files.hinted().then(() => "hint" as const),
      ]);
      if (what === "stop") return undefined;
      if (what === "ended") {
        isOver = true;
        // What is wrong with the pipeline now says nothing of what was begun before.
        if (!hasBegun) for (const other of earlier) void other.drain("all");
        hasBegun = true;
        this.#tell(await turn.ended);
        // One that ended its process as it loaded depends on what it did before, as far as anybody knows.
        const seen = turn.dependencies ?? (await this.#files.now(this.#known));
        turn.rebase(seen);
        this.#known = seen;
        const changed = (await this.#files.changes(seen)) ?? this.#takePlaced();
        await this.#files.listen(seen);
        if (!changed) this.#wait();
        else if (!isSuspect(changed)) return changed;
        else if (isProbe) await this.#settle(turn, changed);
        else {
          if (await this.#files.isQuiet(seen)) this.#suspects = suspects;
          else this.#guard.reset();
          return changed;
        }
      } else if (what === "hint") {
        if (!turn.dependencies) await Promise.race([turn.known, sleep(loadTime)]);
        const hints = await this.#files.takeHints();
        const { dependencies } = turn;
        if (!dependencies) {
          // What happened in a folder before it was listened to is seen by the load that is under way.
          const files = [...hints].filter((hint) => !this.#files.isListenedTo(hint));
          if (files.length === 0) continue;
          turn.worker.kill();
          const root = path.dirname(this.#options.work.file);
          return { code: files.map((file) => path.relative(root, file)), data: [] };
        }
        const changed = (await this.#files.changes(dependencies, hints)) ?? (isOver ? this.#takePlaced() : undefined);
        await this.#files.listen(dependencies);
        if (!changed) continue;
        if (isOver) {
          this.#guard.reset();
          return changed;
        }
        if (isSuspect(changed)) continue;
        this.#closeReport();
        // it has not done anything yet
        if (!hasBegun) turn.worker.kill();
        return changed;
      } else {
        hasBegun = true;
        await this.#takeOver(turn, earlier, what);
      }
    }
  }

  #start(worker: WorkerProcess, plan: boolean): Turn {
    const { terminal, work } = this.#options;
    const turn: Turn = new Turn(worker, work, plan, {
      onEvent: (event) => this.#onEvent(turn, event),
      onOutput: (text) => terminal.print(text),
      onWarning: (warning) => warn(terminal, warning),
    });
    this.#turns.push(turn);
    void turn.known.then(async () => {
      if (turn.dependencies) await this.#files.listen(turn.dependencies);
      // Not before: the one that runs should have the processor for itself.
      await Promise.race([turn.ended, sleep(startTime)]);
      if (!this.#isClosing && (!this.#standby || this.#standby.isOver)) this.#standby = new WorkerProcess();
    });
    return turn;
  }

  #fresh(): WorkerProcess {
    const ready = this.#standby?.isOver ? undefined : this.#standby;
    this.#standby = undefined;
    return ready ?? new WorkerProcess();
  }

  #onEvent(turn: Turn, event: RunEvent): void {
    if (turn === this.#turns.at(-1)) this.#report?.onEvent(this.#handover?.ofNew(event) ?? event);
    else {
      const shown = this.#handover?.ofEarlier(event);
      if (shown) this.#report?.onEvent(shown);
      if (event.type !== "output-placed" || this.#handover?.nodes.includes(event.node)) return;
      this.#placedLate = event.path;
      this.#files.hint(event.path);
    }
  }

  /** A run looks after its outputs, so one more puts back what was placed over them. */
  #takePlaced(): Changes | undefined {
    const placed = this.#placedLate;
    this.#placedLate = undefined;
    return placed === undefined ? undefined : { code: [], data: [placed] };
  }

  /** Ends what earlier runs make and the new one does not want, and begins it. */
  async #takeOver(turn: Turn, earlier: readonly Turn[], wanted: readonly string[]): Promise<void> {
    const kept = (await Promise.all(earlier.map((each) => each.drain(wanted)))).flat();
    this.#handover = new Handover(
      kept,
      earlier.flatMap((each) => [...each.making]),
    );
    const { nodes } = this.#handover;
    if (nodes.length > 0) this.#say((style) => goingOnLine(nodes, style));
    for (const each of earlier) void this.#letGo(each, kept.length > 0);
    turn.begin(kept);
  }

  /** Ends the process of an earlier run when nothing of it is left. */
  async #letGo(turn: Turn, mayGoOn: boolean): Promise<void> {
    if (mayGoOn) await turn.ended;
    this.#stop(turn.worker);
  }

  #stop(worker: WorkerProcess): void {
    const leaving = worker.stop().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** Nothing is left to be done. */
  #wait(): void {
    this.#say((style) => waitingLine(this.#files.count, style));
  }

  /** Takes what the pipeline itself has written for what it was to be. */
  async #settle(turn: Turn, changed: Changes): Promise<void> {
    const names = namesIn(changed);
    const message = `${names.join(", ")} changes in every run: the pipeline seems to write what it reads`;
    const hint =
      "give what a stage writes as its `output`, or read another file; the next change while nothing runs is run";
    warn(this.#options.terminal, failure("input-changed", message, { hint }));
    turn.rebase(await this.#files.now(turn.dependencies));
    this.#guard.reset();
    this.#wait();
  }

  #tell(end: TurnEnd): void {
    this.#closeReport();
    const { terminal, json } = this.#options;
    if (end.kind === "outcome") {
      if (json) terminal.out.write(`${end.document}\n`);
      return;
    }
    const error =
      end.kind === "bug" ? bugOf(end.stack) : new SluiceError(end.kind === "failure" ? end.failure : died(end.exit));
    reportTrouble(error, terminal, { json: false });
    if (!json) return;
    const shown =
      error instanceof SluiceError ? failureDocument(error.failure) : { reason: "bug", message: error.message };
    terminal.out.write(`${JSON.stringify({ status: "failed", failure: shown })}\n`);
  }

  #say(line: (style: Terminal["err"]["style"]) => string): void {
    const { loudness, terminal } = this.#options;
    if (loudness !== "quiet") terminal.print(`${line(terminal.err.style)}\n`);
  }

  onInterrupted(): void {
    if (this.#turns.some(({ end }) => !end)) this.#report?.stopping();
  }

  async #cancelAll(): Promise<void> {
    const current = this.#turns.at(-1);
    for (const turn of this.#turns) if (!turn.end) turn.cancel();
    if (current && !current.end) {
      const end = await Promise.race([current.ended, sleep(cancelTime)]);
      if (end) this.#tell(end);
    }
    this.#closeReport();
  }

  #closeReport(): void {
    this.#report?.close();
    this.#report = undefined;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#closeReport();
    await Promise.all([...[...this.#workers()].map((worker) => worker.stop()), ...this.#leaving]);
    await this.#files.close();
  }

  /** Ends everything without waiting for anything. */
  kill(): void {
    this.#closeReport();
    for (const worker of this.#workers()) worker.kill();
  }

  *#workers(): Iterable<WorkerProcess> {
    if (this.#standby) yield this.#standby;
    for (const { worker } of this.#turns) yield worker;
  }
}

/** Milliseconds in which what runs ends when it is cancelled. */
const cancelTime = 2_500;

function namesIn({ code, data }: Changes): readonly string[] {
  return [...code, ...data];
}

function bugOf(stack: string): Error {
  const error = new Error(stack.split("\n", 1)[0]);
  error.stack = stack;
  return error;
}

function died({ code, signal }: { readonly code: number | null; readonly signal: string | null }): Failure {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return failure("stage-failed", `the process that ran the pipeline has ended ${how}`, {
    hint: "the next change starts a new one",
  });
}
