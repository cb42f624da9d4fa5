import type { NodeOutcome, RunEvent } from "../core/event.ts";
import { isWork } from "../core/node.ts";
import { formatCount, formatDuration, formatNumber } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import type { Style } from "./style.ts";

export type Ending = NodeOutcome["status"] | "shared";

/** Counts what became of the nodes of a run, for its summary. Sources are not counted unless they fail. */
export class Tally {
  /** By node: one whose damaged result was made again ends twice, and the last counts. */
  readonly #endings = new Map<string, Ending>();
  readonly #counts: Record<Ending, number> = {
    hit: 0,
    shared: 0,
    executed: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
  };
  #reused = 0;

  add(node: string, outcome: NodeOutcome): void {
    if (!isWork(outcome.kind) && outcome.status !== "failed") return;
    const before = this.#endings.get(node);
    if (before !== undefined) this.#counts[before] -= 1;
    const ending = outcome.status === "hit" && outcome.shared ? "shared" : outcome.status;
    this.#endings.set(node, ending);
    this.#counts[ending] += 1;
  }

  /** Stages of a run that was reused as a whole. */
  addReused(stages: number): void {
    this.#reused += stages;
  }

  count(ending: Ending): number {
    return this.#counts[ending] + (ending === "hit" ? this.#reused : 0);
  }

  /** How many have ended. */
  get total(): number {
    return this.#endings.size + this.#reused;
  }

  /** One or two lines: how many ran, were reused, failed; how long it took and what was saved. */
  summary(run: RunEvent & { type: "run-finished" }, style: Style): string[] {
    const time = `in ${formatDuration(run.durationMs)}`;
    const saved = run.savedMs >= 0.5 ? `; saved ${formatDuration(run.savedMs)}` : "";
    const { total } = this;
    if (run.status === "ok" && total === 0) return [`${style.good("done:")} no stage to run, ${time}`];
    if (run.status === "ok" && this.count("hit") === total) {
      const all = total === 1 ? "the stage was" : `all ${formatNumber(total)} stages were`;
      return [`${style.good("nothing to do:")} ${all} reused, ${time}${saved}`];
    }
    const title = { ok: style.good("done:"), failed: style.bad("failed:"), cancelled: style.warn("interrupted:") };
    const part = (ending: Ending, what: string): string[] =>
      this.count(ending) === 0 ? [] : [`${formatNumber(this.count(ending))} ${what}`];
    const parts = [
      `${formatCount(this.count("executed"), "stage")} ran`,
      ...part("hit", "reused"),
      ...part("shared", "shared with another run"),
      ...part("failed", "failed"),
      ...part("skipped", "not run"),
      ...part("cancelled", "cancelled"),
    ];
    const lines = [`${title[run.status]} ${parts.join(", ")}, ${time}${saved}`];
    if (this.count("failed") > 1) lines.push(`  failed: ${nameList(this.#named("failed"), 10)}`);
    return lines;
  }

  #named(ending: Ending): string[] {
    return [...this.#endings].flatMap(([node, end]) => (end === ending ? [node] : []));
  }
}

/** `a, b, c and 2 more`. */
export function nameList(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map(sanitize).join(", ");
  return names.length > most ? `${shown} and ${formatNumber(names.length - most)} more` : shown;
}
