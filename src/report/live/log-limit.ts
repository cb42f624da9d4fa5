import type { RunEvent } from "../../core/event.ts";
import { formatCount } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";

/** How many lines of one stage's log are shown as they come; what is beyond that would drive all else from the screen. */
const most = 10;

/** Holds back what chatty stages log, and says how much it was. Warnings and errors are never held back. */
export class LogLimit {
  readonly #logged = new Map<string, number>();

  /** Whether an event of a log is to be shown. */
  admits(event: RunEvent & { type: "node-log" }): boolean {
    if (event.level !== "info") return true;
    const lines = (this.#logged.get(event.node) ?? 0) + lineCount(event.text);
    this.#logged.set(event.node, lines);
    return lines <= most;
  }

  /** A node has ended: what there is to say of what was held back. */
  end(node: string): string[] {
    const lines = this.#logged.get(node) ?? 0;
    this.#logged.delete(node);
    return lines <= most ? [] : [`${sanitize(node)} | … it logged ${formatCount(lines, "line")}: see sluice logs`];
  }
}

function lineCount(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < text.length - 1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
