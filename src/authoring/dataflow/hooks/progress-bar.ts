import type { NodeStatus } from "../../../core/event.ts";
import { formatDuration } from "../../../text/quantity.ts";
import { sanitize } from "../../../text/sanitize.ts";
import { checkNames } from "../../project.ts";
import type { Hook, HookRun } from "./hook.ts";
import { checkStream, type LineStream } from "./line-stream.ts";

/** How progress is shown. */
export interface ProgressBarOptions {
  /** `process.stderr` unless given. A terminal gets a bar that is drawn again and again, everything else a few lines. */
  readonly stream?: LineStream;
  /** What stands before the bar. */
  readonly label?: string;
}

const width = 24;
/** Milliseconds between two drawings. */
const interval = 50;
/** A line that is too long is cut by the terminal, whatever the widths of its characters are, and not broken. */
const [start, end] = ["\r\x1b[2K\x1b[?7l", "\x1b[?7h"];

/**
 * Shows how many of the nodes of a run are done.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { Driver, progressBar } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * const driver = Driver.builder().withModules(features).withHooks(progressBar()).build();
 * await driver.execute(["double"], { inputs: { x: 2 } });
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): Hook {
  checkNames(options, ["stream", "label"]);
  const { stream = process.stderr, label } = options;
  checkStream("progressBar", stream);
  const bars = new WeakMap<HookRun, Bar>();
  return {
    name: "progressBar",
    beforeRun: (run) => {
      bars.set(run, new Bar(stream, label, run.nodes.filter(({ isWork }) => isWork).length));
    },
    beforeNode: ({ run, node }) => bars.get(run)!.started(node.name),
    afterNode: ({ run, node, status }) => bars.get(run)!.ended(node.name, status),
    afterRun: ({ run, status, durationMs }) => bars.get(run)!.finish(status, durationMs),
  };
}

class Bar {
  readonly #stream: LineStream;
  readonly #label: string;
  readonly #total: number;
  readonly #ended = new Map<string, NodeStatus>();
  readonly #running = new Set<string>();
  readonly #counts: Record<NodeStatus, number> = { hit: 0, executed: 0, failed: 0, skipped: 0, cancelled: 0 };
  #drawnAt = Number.NEGATIVE_INFINITY;
  #saidTenths = 0;

  constructor(stream: LineStream, label: string | undefined, total: number) {
    this.#stream = stream;
    this.#label = label === undefined ? "" : `${sanitize(label)} `;
    this.#total = total;
  }

  started(node: string): void {
    this.#running.add(node);
    this.#show();
  }

  ended(node: string, status: NodeStatus): void {
    // A result that turned out damaged, and was made anew, ends twice.
    const before = this.#ended.get(node);
    if (before) this.#counts[before] -= 1;
    this.#ended.set(node, status);
    this.#counts[status] += 1;
    this.#running.delete(node);
    this.#show();
  }

  finish(status: string, durationMs: number): void {
    const line = `${this.#label}${this.#done()}, ${status} in ${formatDuration(durationMs)}\n`;
    this.#stream.write(this.#stream.isTTY ? `${start}${end}${line}` : line);
  }

  #show(): void {
    if (this.#stream.isTTY) this.#draw();
    else this.#say();
  }

  #draw(): void {
    const now = performance.now();
    if (now - this.#drawnAt < interval) return;
    this.#drawnAt = now;
    const filled = this.#total === 0 ? width : Math.floor((this.#ended.size / this.#total) * width);
    const bar = `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
    const names = [...this.#running].map(sanitize).join(", ");
    this.#stream.write(`${start}${this.#label}${bar} ${this.#done()}${names === "" ? "" : `: ${names}`}${end}`);
  }

  /** A line for each tenth that is done, but for the last: that is the line of the end. */
  #say(): void {
    const tenths = Math.floor((this.#ended.size * 10) / this.#total);
    if (tenths <= this.#saidTenths || tenths >= 10) return;
    this.#saidTenths = tenths;
    this.#stream.write(`${this.#label}${this.#done()}\n`);
  }

  #done(): string {
    const { hit, failed, skipped } = this.#counts;
    const some = [
      ...(hit > 0 ? [`${hit} reused`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ];
    return `${this.#ended.size} of ${this.#total} nodes${some.length > 0 ? ` (${some.join(", ")})` : ""}`;
  }
}
