import type { DoubtfulResults, KeptNode, KeptTotals } from "../../metadata/keeping.ts";
import type { Store } from "../workspace.ts";

/**
 * About what it takes to read a blob: to find, open and close it, then its bytes, checked. What is small is kept in the record, and
 * costs so little that it is not looked at.
 */
const readMs = 0.1;
const bytesPerMs = 1_000_000;
const small = 4096;

/** What was never used counts as such after a day. */
const youngMs = 86_400_000;

export interface Statistics extends KeptTotals {
  /** What is kept for each node, the largest first. */
  readonly nodes: readonly KeptNode[];
  /** Results that cost less to make than to read. */
  readonly cheap: DoubtfulResults;
  /** Large results that were never used, and made more than a day ago. */
  readonly unused: DoubtfulResults;
}

export interface StatisticsOptions {
  /** How many nodes are named in each list; all unless given. */
  readonly mostNodes?: number;
  /** From how many bytes on a result is large; 1,000,000 unless given. */
  readonly large?: number;
  /** Milliseconds since 1970; now unless given. */
  readonly now?: number;
}

/** How much is kept, for what, what time it has saved, and what of it is not worth its place. Reads the records, and no blob. */
export async function statistics({ metadata }: Store, options: StatisticsOptions = {}): Promise<Statistics> {
  const { keeping } = metadata;
  const { mostNodes = Number.MAX_SAFE_INTEGER, large = 1_000_000, now = Date.now() } = options;
  return {
    ...(await keeping.totals()),
    nodes: await keeping.nodes(mostNodes),
    cheap: await keeping.doubtful({ kind: "cheap", baseMs: readMs, bytesPerMs, atLeast: small + 1 }, mostNodes),
    unused: await keeping.doubtful({ kind: "unused", atLeast: large, madeBefore: now - youngMs }, mostNodes),
  };
}
