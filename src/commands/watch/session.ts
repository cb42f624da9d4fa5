import { statSync } from "node:fs";
import path from "node:path";
import type { RunEvent } from "../../core/event.ts";
import { type Failure, failure, SluiceError } from "../../core/failure.ts";
import { PathWatcher } from "../../platform/path-watcher.ts";
import { failureDocument } from "../../report/json.ts";
import type { Loudness } from "../../report/output.ts";
import { changedLine, goingOnLine, waitingLine } from "../../report/watch-lines.ts";
import { digestOf } from "../../run/memory/recall.ts";
import { openStore } from "../../run/open-store.ts";
import { type Areas, areasOf } from "../../run/watch/areas.ts";
import { type Changes, changesSince } from "../../run/watch/changes.ts";
import { type Dependencies, fileDependencies, renewed } from "../../run/watch/dependencies.ts";
import type { Store } from "../../run/workspace.ts";
import type { ExitCode } from "../command.ts";
import { listenForInterruption } from "../interruption.ts";
import { warn } from "../project.ts";
import { type OpenReport, openReport } from "../run-report.ts";
import type { Terminal } from "../terminal.ts";
import { reportTrouble } from "../trouble.ts";
import { Handover } from "./handover.ts";
import { Hints } from "./hints.ts";
import { LoopGuard } from "./loop-guard.ts";
import type { Work } from "./messages.ts";
import { Turn, type TurnEnd } from "./turn.ts";
import { WorkerProcess } from "./worker-process.ts";

interface WatchOptions {
  readonly work: Work;
  readonly loudness: Loudness;
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Milliseconds in which a pipeline must have loaded after one of its files has changed again; it may be in an endless loop. */
const loadTime = 1_000;
/** Milliseconds in which most of a run's stages have started. */
const startTime = 500;
/** Milliseconds more for a file that is gone or empty: whoever writes it anew has perhaps just begun. */
const rewriteTime = 50;

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
  readonly #root: string;
  readonly #hints = new Hints();
  readonly #guard = new LoopGuard();
  readonly #watcher: PathWatcher;
  #areas: Areas | undefined;
  /** What the latest run depended on. */
  #known: Dependencies | undefined;
  #store: Store | undefined;
  #storeFile: number | undefined;
  #standby: WorkerProcess | undefined;
  /** Of which something may still run; the last is the current one. */
  #turns: Turn[] = [];
  #report: OpenReport | undefined;
  #handover: Handover | undefined;
  /** Names that the pipeline may change itself: one more run is to tell. */
  #suspects: ReadonlySet<string> = new Set();
  #watchTrouble = false;
  #isClosing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#root = path.dirname(options.work.file);
    this.#watcher = new PathWatcher({
      onHint: (file) => {
        if (this.#areas?.isOfInterest(file)) this.#hints.add(file);
      },
      onError: (error) => this.#onWatchTrouble(error),
    });
  }

  async run(stop: Promise<"stop">): Promise<void> {
    let changes: Changes | undefined;
    const store = await this.#openStore();
    this.#areas = areasOf(this.#root, await this.#assumed(store));
    await this.#watcher.listen(this.#areas);
    do {
      changes = await this.#once(changes, stop);
      if (changes) this.#say((style) => changedLine([...changes!.code, ...changes!.data], style));
    } while (changes);
    await this.#cancelAll();
  }

  /** One run, until something has changed that calls for the next; gives what. Undefined when it is to stop. */
  async #once(changes: Changes | undefined, stop: Promise<"stop">): Promise<Changes | undefined> {
    const hadStore = this.#store;
    const store = await this.#openStore();
    const last = this.#turns.at(-1);
    const earlier = this.#turns.filter((turn) => !turn.end);
    const isSameCode = changes?.code.length === 0 && store === hadStore;
    const reused = earlier.length === 0 && last?.isReusable && isSameCode ? last.worker : undefined;
    for (const { end, worker } of this.#turns) if (end && worker !== reused) void worker.stop();
    this.#turns = [...earlier];
    this.#handover = undefined;
    this.#report = openReport(this.#options.terminal, this.#options.loudness);
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
        this.#hints.ripe().then(() => "hint" as const),
      ]);
      if (what === "stop") return undefined;
      if (what === "ended") {
        isOver = true;
        // What is wrong with the pipeline now says nothing of what was begun before.
        if (!hasBegun) for (const other of earlier) void other.drain("all");
        hasBegun = true;
        this.#tell(await turn.ended);
        if (!turn.dependencies) turn.rebase(await this.#assumed(store));
        this.#known = turn.dependencies;
        const changed = await this.#changes(store, turn);
        await this.#listen(turn);
        if (!changed) this.#wait();
        else if (!isSuspect(changed)) return changed;
        else if (isProbe) await this.#settle(store, turn, changed);
        else {
          if (await this.#isQuiet()) this.#suspects = suspects;
          else this.#guard.reset();
          return changed;
        }
      } else if (what === "hint") {
        const hints = await this.#takeHints(turn);
        if (!turn.dependencies) {
          turn.worker.kill();
          return { code: [...hints].map((file) => path.relative(this.#root, file)), data: [] };
        }
        const changed = await this.#changes(store, turn, hints);
        await this.#listen(turn);
        if (!changed) continue;
        if (isOver) {
          this.#guard.reset();
          return changed;
        }
        if (isSuspect(changed)) continue;
        this.#closeReport();
        if (!hasBegun) await turn.worker.stop();
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
      if (turn.dependencies) await this.#listen(turn);
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
      // Placed by a run that was let go of, perhaps over what the current one has placed there: that looks once more.
      if (event.type === "output-placed") this.#hints.add(path.join(this.#root, event.path));
    }
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
    await turn.worker.stop();
  }

  async #takeHints(turn: Turn): Promise<ReadonlySet<string>> {
    if (!turn.dependencies) await Promise.race([turn.known, sleep(loadTime)]);
    const hints = this.#hints.take();
    if (![...hints].some(isGoneOrEmpty)) return hints;
    await sleep(rewriteTime);
    return new Set([...hints, ...this.#hints.take()]);
  }

  /** What is not as the run saw it; undefined where all is. */
  async #changes(store: Store, turn: Turn, hints?: ReadonlySet<string>): Promise<Changes | undefined> {
    const { dependencies } = turn;
    if (!dependencies) return undefined;
    const changes = await changesSince(store, dependencies, hints);
    store.files.flush();
    return changes.code.length + changes.data.length > 0 ? changes : undefined;
  }

  /** Listens to all that a run depends on. What happened until it did is looked for. */
  async #listen({ dependencies }: Turn): Promise<void> {
    if (!dependencies) return;
    this.#areas = areasOf(this.#root, dependencies);
    if (await this.#watcher.listen(this.#areas)) for (const folder of this.#areas.folders) this.#hints.add(folder);
  }

  /** Of a pipeline that ended its process as it loaded: what it depended on before, else its file. */
  async #assumed(store: Store): Promise<Dependencies> {
    const files = fileDependencies(this.#root, [this.#options.work.file], digestOf(store));
    return this.#known ? renewed(store, this.#known, digestOf(store)) : { load: files, ignore: [] };
  }

  /** Nothing is left to be done. */
  #wait(): void {
    this.#say((style) => waitingLine(this.#areas?.files ?? 0, style));
  }

  /** Whether nothing changes while nothing runs: somebody else who writes all the time would not stop for that. */
  async #isQuiet(): Promise<boolean> {
    this.#hints.take();
    await sleep(quietTime);
    return this.#hints.take().size === 0;
  }

  /** Takes what the pipeline itself has written for what it was to be. */
  async #settle(store: Store, turn: Turn, changed: Changes): Promise<void> {
    const names = namesIn(changed);
    const message = `${names.join(", ")} changes in every run: the pipeline seems to write what it reads`;
    const hint =
      "give what a stage writes as its `output`, or read another file; the next change while nothing runs is run";
    warn(this.#options.terminal, failure("input-changed", message, { hint }));
    turn.rebase(await renewed(store, turn.dependencies!, digestOf(store)));
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

  /** The store may have been removed meanwhile: then what has it open writes to nowhere. */
  async #openStore(): Promise<Store> {
    const { work, terminal } = this.#options;
    const file = path.join(work.cacheDir ?? path.join(this.#root, ".sluice"), "v1/metadata.db");
    const now = statSync(file, { throwIfNoEntry: false })?.ino;
    if (this.#store && now !== undefined && now === this.#storeFile) return this.#store;
    await this.#store?.close();
    this.#store = await openStore({
      root: this.#root,
      cacheDir: work.cacheDir,
      onWarning: (warning) => warn(terminal, warning),
    });
    this.#storeFile = statSync(file, { throwIfNoEntry: false })?.ino;
    return this.#store;
  }

  #onWatchTrouble(error: unknown): void {
    if (this.#watchTrouble) return;
    this.#watchTrouble = true;
    const message = `not all changes will be noticed: ${error instanceof Error ? error.message : String(error)}`;
    const hint = "the system may limit how many folders are watched (fs.inotify.max_user_watches)";
    warn(this.#options.terminal, failure("io", message, { hint }));
  }

  onInterrupted(): void {
    const isRunning = this.#turns.some(({ end }) => !end);
    if (isRunning) this.#options.terminal.print("stopping: what runs is being cancelled (once more to stop at once)\n");
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
    await Promise.all([...this.#workers()].map((worker) => worker.stop()));
    await this.#watcher.close();
    await this.#store?.close();
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

/** Milliseconds without a run in which somebody who writes all the time would have written. */
const quietTime = 500;
/** Milliseconds in which what runs ends when it is cancelled. */
const cancelTime = 2_500;

function namesIn({ code, data }: Changes): readonly string[] {
  return [...code, ...data];
}

function isGoneOrEmpty(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || (stat.isFile() && stat.size === 0);
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

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
