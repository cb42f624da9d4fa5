import type { NodeOutcome, RunEvent } from "../core/event.ts";
import { isWork } from "../core/node.ts";
import { formatCount, formatDuration, formatNumber } from "./quantity.ts";
import { sanitize } from "./sanitize.ts";
import type { Style } from "./style.ts";

type Ending = NodeOutcome["status"] | "shared";

/** Counts what became of the nodes of a run, for its summary. Sources are not counted unless they fail. */
export class Tally {
  /** By node: one whose damaged result was made again ends twice, and the last counts. */
  readonly #endings = new Map<string, Ending>();

  add(node: string, outcome: NodeOutcome): void {
    if (!isWork(outcome.kind) && outcome.status !== "failed") return;
    this.#endings.set(node, outcome.status === "hit" && outcome.shared ? "shared" : outcome.status);
  }

  /** Stages of a run that was reused as a whole. */
  addReused(stages: number): void {
    this.#reused += stages;
  }
  #reused = 0;

  /** One or two lines: how many ran, were reused, failed; how long it took and what was saved. */
  summary(run: RunEvent & { type: "run-finished" }, style: Style): string[] {
    const time = `in ${formatDuration(run.durationMs)}`;
    const saved = run.savedMs >= 0.5 ? `; saved ${formatDuration(run.savedMs)}` : "";
    const count = (ending: Ending): number => this.#named(ending).length + (ending === "hit" ? this.#reused : 0);
    const total = this.#endings.size + this.#reused;
    if (run.status === "ok" && total === 0) return [`${style.good("done:")} no stage to run, ${time}`];
    if (run.status === "ok" && count("hit") === total) {
      const all = count("hit") === 1 ? "the stage was" : `all ${formatNumber(count("hit"))} stages were`;
      return [`${style.good("nothing to do:")} ${all} reused, ${time}${saved}`];
    }
    const title = { ok: style.good("done:"), failed: style.bad("failed:"), cancelled: style.warn("interrupted:") };
    const part = (ending: Ending, what: string): string[] =>
      count(ending) === 0 ? [] : [`${formatNumber(count(ending))} ${what}`];
    const parts = [
      `${formatCount(count("executed"), "stage")} ran`,
      ...part("hit", "reused"),
      ...part("shared", "shared with another run"),
      ...part("failed", "failed"),
      ...part("skipped", "not run"),
      ...part("cancelled", "cancelled"),
    ];
    const lines = [`${title[run.status]} ${parts.join(", ")}, ${time}${saved}`];
    if (count("failed") > 1) lines.push(`  failed: ${nameList(this.#named("failed"))}`);
    return lines;
  }

  #named(ending: Ending): string[] {
    return [...this.#endings].flatMap(([node, end]) => (end === ending ? [node] : []));
  }
}

function nameList(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(sanitize).join(", ");
  return names.length > 10 ? `${shown} and ${formatNumber(names.length - 10)} more` : shown;
}
