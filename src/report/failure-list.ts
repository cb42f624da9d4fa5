import type { NodeOutcome, RunEvent } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import { formatCount, formatNumber } from "../text/quantity.ts";
import { sanitizeLines } from "../text/sanitize.ts";
import { describeFailure } from "./failure.ts";
import type { Style } from "./style.ts";
import { nameList } from "./tally.ts";

interface Failed {
  readonly node: string;
  readonly failure: Failure;
  readonly log: readonly string[];
  readonly stops: string[];
  stopsCount: number;
}

interface ListOptions {
  readonly columns: number;
  readonly style: Style;
  readonly cwd: string;
  /** Whether to show again what the stage logged. */
  readonly logs: boolean;
}

/** How many failures are told in full. */
const most = 10;
/** How many of the last lines that a stage logged are shown with its failure. */
const logLines = 10;
/** Characters of one text that are kept. */
const longestLog = 4000;
/** How many of the nodes that a failure stops are named. */
const namedStops = 5;

/** Collects what failed, what it said last and what it stops, to be told at the end of a run. */
export class FailureList {
  readonly #failed = new Map<string, Failed>();
  /** The last lines of stages that run. */
  readonly #logs = new Map<string, string[]>();

  follow(event: RunEvent): void {
    if (event.type === "node-log") this.#keepLog(event.node, event.text);
    if (event.type === "node-started") this.#logs.delete(event.node);
    if (event.type === "node-finished") this.#keepEnd(event.node, event);
  }

  #keepLog(node: string, text: string): void {
    const kept = this.#logs.get(node) ?? [];
    if (kept.length === 0) this.#logs.set(node, kept);
    kept.push(text.length > longestLog ? text.slice(-longestLog) : text);
    if (kept.length > logLines) kept.shift();
  }

  #keepEnd(node: string, { status, failure, stoppedBy }: NodeOutcome): void {
    if (status === "failed" && failure) {
      const log = (this.#logs.get(node) ?? []).flatMap(sanitizeLines).slice(-logLines);
      this.#failed.set(node, { node, failure, log, stops: [], stopsCount: 0 });
    } else if (status === "executed") this.#failed.delete(node);
    if (stoppedBy !== undefined) this.#keepStop(stoppedBy, node);
    this.#logs.delete(node);
  }

  #keepStop(by: string, node: string): void {
    const failed = this.#failed.get(by);
    if (!failed) return;
    failed.stopsCount += 1;
    if (failed.stops.length < namedStops) failed.stops.push(node);
  }

  /**
   * All that was collected, which is then forgotten.
   * @param heading the line above one failure; none for one that was just said
   */
  take(options: ListOptions, heading: (node: string) => string | undefined): string[] {
    const all = [...this.#failed.values()];
    this.#failed.clear();
    const lines = all.slice(0, most).flatMap((failed) => {
      const title = heading(failed.node);
      return [...(title === undefined ? [] : [title]), ...told(failed, options)];
    });
    if (all.length > most) {
      lines.push(options.style.dim(`${formatCount(all.length - most, "more failure")}: see sluice logs`));
    }
    return lines;
  }
}

function told({ failure, log, stops, stopsCount }: Failed, { style, cwd, logs, columns }: ListOptions): string[] {
  const lines = describeFailure(failure, { style, cwd, columns });
  const said = new Set(sanitizeLines(failure.message));
  // A program's last lines are in the message already.
  if (logs && !log.every((line) => said.has(line))) {
    const which = log.length === 1 ? "the last line" : `the last ${log.length} lines`;
    lines.push(`  ${style.dim(`${which} of its log:`)}`);
    lines.push(...log.map((line) => `  ${style.dim("|")} ${line}`));
  }
  if (stopsCount > 0) {
    const more = stopsCount - stops.length;
    const names = nameList(stops, namedStops) + (more > 0 ? ` and ${formatNumber(more)} more` : "");
    lines.push(`  ${style.bold("stops:")} ${names}`);
  }
  return lines.map((line) => `  ${line}`);
}
