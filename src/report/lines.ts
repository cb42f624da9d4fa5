import type { LogLevel, NodeOutcome, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { isWork } from "../core/node.ts";
import { describeFailure } from "./failure.ts";
import type { Loudness } from "./output.ts";
import { formatCount, formatDuration } from "./quantity.ts";
import { describeReasons } from "./reasons.ts";
import { sanitize, sanitizeLines } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { Tally } from "./tally.ts";
import { displayWidth, padEnd, padStart } from "./width.ts";

interface LineOptions {
  readonly style: Style;
  readonly loudness: Loudness;
  readonly cwd: string;
}

/** The lines that each event of a run leaves behind, whoever shows them. */
export class EventLines {
  readonly #options: LineOptions;
  readonly #tally = new Tally();
  readonly #warned = new Set<string>();
  /** Names are aligned to the longest so far, within reason. */
  #nameWidth = 12;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  of(event: RunEvent): readonly string[] {
    const { style, loudness } = this.#options;
    const verbose = loudness === "verbose";
    switch (event.type) {
      case "run-started":
        return verbose ? [style.dim(started(event))] : [];
      case "node-started":
        return verbose ? [this.#line(style.dim("start"), 5, event.node, "", describeReasons(event.reasons))] : [];
      case "node-waiting":
        return loudness === "quiet"
          ? []
          : [this.#line(style.dim("wait"), 4, event.node, "", "another run is making it")];
      case "node-log":
        return this.#log(event.node, event.level, event.text);
      case "node-retrying": {
        if (loudness === "quiet") return [];
        const text = `attempt ${event.attempt} in ${formatDuration(event.delayMs)}: ${sanitize(event.failure.message)}`;
        return [this.#line(style.warn("retry"), 5, event.node, "", text)];
      }
      case "output-placed":
        return loudness === "quiet" ? [] : [this.#line(style.dim("wrote"), 5, event.node, "", sanitize(event.path))];
      case "node-finished":
        this.#tally.add(event.node, event);
        return this.#finished(event.node, event);
      case "all-reused":
        this.#tally.addReused(event.stages);
        return [];
      case "warning":
        return this.#warning(event.failure);
      case "run-finished":
        return loudness === "quiet" ? [] : this.#tally.summary(event, style);
      case "node-progress":
        return [];
    }
  }

  #finished(node: string, outcome: NodeOutcome): string[] {
    const { style, loudness } = this.#options;
    const verbose = loudness === "verbose";
    const time = outcome.durationMs === 0 ? "" : formatDuration(outcome.durationMs);
    const lines: string[] = [];
    switch (outcome.status) {
      case "executed":
        if (loudness === "quiet") break;
        lines.push(this.#line(style.good("ran"), 3, node, time, describeReasons(outcome.reasons, verbose ? 1000 : 3)));
        break;
      case "hit": {
        if (!verbose && !(outcome.shared && loudness === "normal")) break;
        const made = outcome.madeBy === undefined ? "" : `made by run ${sanitize(outcome.madeBy)}`;
        const text = outcome.shared ? "made by another run meanwhile" : isWork(outcome.kind) ? made : outcome.kind;
        lines.push(this.#line(style.dim("reused"), 6, node, "", text));
        break;
      }
      case "failed":
        lines.push(this.#line(style.bad("failed"), 6, node, time, ""));
        break;
      case "skipped":
      case "cancelled": {
        if (loudness === "quiet") break;
        const word = outcome.status === "skipped" ? "not run" : "stopped";
        const why = outcome.failure && outcome.failure.reason !== "cancelled" ? sanitize(outcome.failure.message) : "";
        lines.push(this.#line(style.warn(word), 7, node, "", why));
        break;
      }
    }
    if (outcome.status === "failed" && outcome.failure) lines.push(...this.#failure(outcome.failure));
    return lines;
  }

  #failure(failure: Failure): string[] {
    const { style, cwd } = this.#options;
    return describeFailure(failure, { style, cwd }).map((line) => `  ${line}`);
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

function started({ runId, nodes, jobs, remembered }: RunEvent & { type: "run-started" }): string {
  const how = remembered ? "as remembered, nothing has changed" : `${jobs} at once`;
  return `run ${sanitize(runId)}: ${formatCount(nodes, "node")}, ${how}`;
}

/** What a stage logged, each line after the name of its node. */
export function logLines(node: string, level: LogLevel, text: string, style: Style): string[] {
  const mark = { debug: style.dim("debug "), info: "", warn: style.warn("warn "), error: style.bad("error ") }[level];
  return sanitizeLines(text).map((line) => `${style.dim(`${sanitize(node)} |`)} ${mark}${line}`);
}
