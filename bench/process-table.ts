import type { Cell, Column } from "./benchmark.ts";
import { type Measured, median } from "./measure.ts";

/** The columns of {@link processCells}. */
export const processColumns: readonly Column[] = [
  { name: "wall", unit: "ms" },
  { name: "least", unit: "ms" },
  { name: "most", unit: "ms" },
  { name: "of node -e 0", unit: "x" },
  { name: "processor", unit: "ms" },
  { name: "peak", unit: "MB" },
];

/** Medians over the rounds, with the spread of the wall time. Processor time says more than wall time where the machine is busy. */
export function processCells({ wallMs, ratios, gaveUp, usage }: Measured): Cell[] {
  if (gaveUp !== undefined) return [gaveUp, null, null, null, null, null];
  const processor = usage ? usage.userMs + usage.systemMs : null;
  return [median(wallMs), Math.min(...wallMs), Math.max(...wallMs), median(ratios), processor, usage?.peakMB ?? null];
}
