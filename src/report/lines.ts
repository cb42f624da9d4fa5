import type { ItemsOutcome, LogLevel, NodeOutcome, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { isWork } from "../core/node.ts";
import { formatCount, formatDuration, formatNumber } from "../text/quantity.ts";
import { describeReasons } from "../text/reasons.ts";
import { sanitize, sanitizeLines } from "../text/sanitize.ts";
import { describeFailure } from "./failure.ts";
import { FailureList } from "./failure-list.ts";
import type { Loudness } from "./output.ts";
import type { Style } from "./style.ts";
import { Tally } from "./tally.ts";
import { displayWidth, padEnd, padStart } from "./width.ts";

interface LineOptions {
  readonly style: Style;
  readonly loudness: Loudness;
  readonly cwd: string;
  /** Of the terminal; lines may be of any length unless given. */
  readonly columns?: () => number;
}

/** Lines printed in a run up to which what was said is taken to be still in view. */
const inView = 20;

/** The lines that each event of a run leaves behind, whoever shows them. */
export class EventLines {
  readonly tally = new Tally();
  readonly #options: LineOptions;
  readonly #failures = new FailureList();
  readonly #warned = new Set<string>();
  /** When the work of what runs began. */
  readonly #running = new Map<string, number>();
  /** Names are aligned to the longest so far, within reason. */
  #nameWidth = 12;
  #printed = 0;
  #withheld = false;
  /** The node whose failure was the last thing that was said. */
  #justFailed: string | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  of(event: RunEvent): readonly string[] {
    this.#failures.follow(event);
    const lines = this.#of(event);
    if (lines.length > 0) {
      this.#printed += lines.length;
      this.#justFailed = event.type === "node-finished" && event.status === "failed" ? event.node : undefined;
    }
    return lines;
  }

  /** Takes note of an event whose lines are not shown. */
  note(event: RunEvent): void {
    this.#failures.follow(event);
    this.#withheld = true;
  }

  /** What was kept for the end, of a run that comes to none. */
  rest(): readonly string[] {
    const { style, cwd, loudness } = this.#options;
    const logs = loudness === "quiet" || this.#withheld || this.#printed > inView;
    const columns = this.#options.columns?.() ?? Infinity;
    return this.#failures.take({ style, cwd, logs, columns }, (node) =>
      node === this.#justFailed ? undefined : this.#failedLine(node, ""),
    );
  }

  #of(event: RunEvent): readonly string[] {
    const { style, loudness } = this.#options;
    const verbose = loudness === "verbose";
    switch (event.type) {
      case "run-started":
        return verbose ? [style.dim(started(event))] : [];
      case "node-started":
        if (!this.#running.has(event.node)) this.#running.set(event.node, event.time);
        return verbose ? [this.#line(style.dim("start"), 5, event.node, "", describeReasons(event.reasons))] : [];
      case "node-waiting":
        return loudness === "quiet"
          ? []
          : [this.#line(style.dim("wait"), 4, event.node, "", "another run is making it")];
      case "node-log":
        return this.#log(taskName(event), event.level, event.text);
      case "node-retrying": {
        if (loudness === "quiet") return [];
        const text = `attempt ${event.attempt} in ${formatDuration(event.delayMs)}: ${sanitize(event.failure.message)}`;
        return [this.#line(style.warn("retry"), 5, taskName(event), "", text)];
      }
      case "output-placed":
        return loudness === "quiet" ? [] : [this.#line(style.dim("wrote"), 5, event.node, "", sanitize(event.path))];
      case "node-finished": {
        this.tally.add(event.node, event);
        const lines = this.#finished(event.node, event, event.time);
        this.#running.delete(event.node);
        return lines;
      }
      case "all-reused":
        this.tally.addReused(event.stages);
        return [];
      case "warning":
        return this.#warning(event.failure);
      case "run-finished":
        return loudness === "quiet" ? this.rest() : [...this.rest(), ...this.tally.summary(event, style)];
      case "node-progress":
      case "item-started":
      case "item-finished":
        return [];
    }
  }

  #finished(node: string, outcome: NodeOutcome, now: number): string[] {
    const { style, loudness } = this.#options;
    const verbose = loudness === "verbose";
    const time = outcome.durationMs === 0 ? "" : formatDuration(outcome.durationMs);
    switch (outcome.status) {
      case "executed":
        if (loudness === "quiet") return [];
        return [this.#line(style.good("ran"), 3, node, time, describeRan(outcome, verbose ? 1000 : 3))];
      case "hit": {
        if (!verbose && !(outcome.shared && loudness === "normal")) return [];
        const made = outcome.madeBy === undefined ? "" : `made by run ${sanitize(outcome.madeBy)}`;
        const text = outcome.shared ? "made by another run meanwhile" : isWork(outcome.kind) ? made : outcome.kind;
        return [this.#line(style.dim("reused"), 6, node, "", text)];
      }
      case "failed": {
        const since = this.#running.get(node);
        const took = since === undefined ? time : formatDuration(Math.max(0, now - since));
        // with nothing else under way the run most likely ends here, and then tells it in full
        const isLast = this.#running.size <= (since === undefined ? 0 : 1);
        return [this.#failedLine(node, took, isLast ? undefined : outcome.failure)];
      }
      case "skipped":
      case "cancelled": {
        // those that had not begun are only counted: there may be thousands
        if (loudness === "quiet" || !(verbose || this.#running.has(node))) return [];
        const word = outcome.status === "skipped" ? "not run" : "stopped";
        const why = outcome.failure && outcome.failure.reason !== "cancelled" ? sanitize(outcome.failure.message) : "";
        return [this.#line(style.warn(word), 7, node, "", why)];
      }
    }
  }

  /** One line when it happens; the rest is told at the end. */
  #failedLine(node: string, time: string, failure?: Failure): string {
    const message = failure?.message.replace(/\n.*/s, "") ?? "";
    const own = `${node} failed: `;
    const text = message.startsWith(own) ? message.slice(own.length) : message;
    return this.#line(this.#options.style.bad("failed"), 6, node, time, sanitize(text));
  }

  /** Said once, however many nodes it concerns. */
  #warning(failure: Failure): string[] {
    const { style, cwd } = this.#options;
    const id = JSON.stringify([failure.reason, failure.message, failure.where]);
    if (this.#warned.has(id)) return [];
    this.#warned.add(id);
    return describeFailure(failure, { style, cwd, label: "warning" });
  }

  #log(node: string, level: LogLevel, text: string): string[] {
    const { style, loudness } = this.#options;
    if (level === "debug" && loudness !== "verbose") return [];
    if (level === "info" && loudness === "quiet") return [];
    return logLines(node, level, text, style);
  }

  #line(word: string, wordWidth: number, node: string, time: string, text: string): string {
    const { style } = this.#options;
    const name = sanitize(node);
    this.#nameWidth = Math.max(this.#nameWidth, Math.min(displayWidth(name), 40));
    const room = " ".repeat(Math.max(0, 7 - wordWidth));
    return `${word}${room}  ${style.name(padEnd(name, this.#nameWidth))}  ${padStart(time, 8)}  ${text}`.trimEnd();
  }
}

/** What ran, by the name of its node, and of an item also its own. */
export function taskName({ node, item }: { readonly node: string; readonly item?: string }): string {
  return item === undefined ? node : `${node}[${item}]`;
}

function describeRan({ reasons, items }: NodeOutcome, most: number): string {
  const why = describeReasons(reasons, most);
  if (!items) return why;
  return `${describeItems(items)}${why === "" ? "" : `: ${why}`}`;
}

/** What became of the items of a map. */
export function describeItems({ total, made, reused, failed }: ItemsOutcome): string {
  const parts = [
    ...(made > 0 ? [`${formatNumber(made)} made`] : []),
    ...(reused > 0 ? [`${formatNumber(reused)} reused`] : []),
    ...(failed > 0 ? [`${formatNumber(failed)} failed`] : []),
  ];
  const count = formatCount(total, "item");
  return parts.length === 0 ? count : `${count}, ${parts.join(", ")}`;
}

function started({ runId, nodes, jobs, remembered }: RunEvent & { type: "run-started" }): string {
  const how = remembered ? "as remembered, nothing has changed" : `${jobs} at once`;
  return `run ${sanitize(runId)}: ${formatCount(nodes, "node")}, ${how}`;
}

/** What a stage logged, each line after the name of its node. */
export function logLines(node: string, level: LogLevel, text: string, style: Style): string[] {
  const mark = { debug: style.dim("debug "), info: "", warn: style.warn("warn "), error: style.bad("error ") }[level];
  return sanitizeLines(text).map((line) => `${style.dim(`${sanitize(node)} |`)} ${mark}${line}`);
}
