import { decode } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { InputDetail } from "../../core/input-detail.ts";
import type { RecordedInput, ResultRecord } from "../../core/record.ts";
import type { ValueDifference } from "../difference/difference.ts";
import { HeldResult } from "../make/held.ts";
import type { Workspace } from "../workspace.ts";
import type { ExplainedInput, FilesChange } from "./explanation.ts";

/** Differences of a value that are kept: enough to see what it is about. */
const mostDifferences = 10;

/** Bytes of values that are read to compare them; for larger ones there is `sluice diff`. */
const mostBytes = 64 << 20;

/** How many results of a node are looked through for the one that gave a value. */
const lookBack = 200;

/** What of an input that changed can be shown. */
export type InputChange = Pick<ExplainedInput, "files" | "difference" | "note">;

/**
 * How an input differs from what it was.
 * @param detailNow what it is made of now, where it may not have been recorded yet
 */
export async function explainChange(
  workspace: Workspace,
  was: RecordedInput,
  now: RecordedInput,
  detailNow: InputDetail | undefined,
): Promise<InputChange> {
  switch (now.kind) {
    case "glob":
    case "dir":
    case "param":
    case "value": {
      const before = await workspace.metadata.getInput(was.version);
      const after = detailNow ?? (await workspace.metadata.getInput(now.version));
      return compareDetails(now.name, before, after);
    }
    case "file":
    case "env":
      return {};
    default:
      return now.node === undefined || was.node === undefined
        ? {}
        : compareResults(workspace, { ...was, node: was.node }, { ...now, node: now.node });
  }
}

async function compareDetails(
  name: string,
  before: InputDetail | undefined,
  after: InputDetail | undefined,
): Promise<InputChange> {
  if (before?.kind === "files" && after?.kind === "files") return { files: filesChange(before.files, after.files) };
  if (before?.kind !== "value" || after?.kind !== "value") return {};
  return compare(name, decoded(before), decoded(after));
}

function decoded({ encoded }: InputDetail & { kind: "value" }): unknown {
  return decode(Buffer.from(encoded, "base64"));
}

type Files = (InputDetail & { kind: "files" })["files"];

function filesChange(before: Files, after: Files): FilesChange {
  const [then, now] = [new Map(before), new Map(after)];
  return {
    added: [...now.keys()].filter((name) => !then.has(name)),
    removed: [...then.keys()].filter((name) => !now.has(name)),
    changed: [...now.keys()].filter((name) => then.has(name) && then.get(name) !== now.get(name)),
  };
}

type OfNode = RecordedInput & { readonly node: string };

async function compareResults(workspace: Workspace, was: OfNode, now: OfNode): Promise<InputChange> {
  const [before, after] = [await resultWith(workspace, was), await resultWith(workspace, now)];
  if (!before) return { note: "the value that it had is not in the cache any more" };
  if (!after) return { note: "the value that it has is not in the cache" };
  const bytes = [...before.artifacts, ...after.artifacts].reduce((sum, { size }) => sum + size, 0);
  if (bytes > mostBytes) {
    return { note: `the values are large: compare them with sluice diff ${before.runId} ${after.runId} ${now.node}` };
  }
  try {
    const values = [before, after].map((record) => new HeldResult(workspace, workspace.blobs, record).load(() => {}));
    const [then, since] = await Promise.all(values);
    return await compare(now.name, then, since);
  } catch (error) {
    const found = failureOf(error);
    if (!found) throw error;
    return { note: `the values cannot be compared: ${found.message}` };
  }
}

/** A result of a node that gave a value. */
async function resultWith({ metadata }: Workspace, { node, version }: OfNode): Promise<ResultRecord | undefined> {
  const results = await metadata.resultsOf(node, lookBack);
  return results.find(({ dataVersion }: { readonly dataVersion: Digest }) => dataVersion === version);
}

async function compare(name: string, before: unknown, after: unknown): Promise<InputChange> {
  const { differenceOf } = await import("../difference/difference.ts");
  const difference = await differenceOf(before, after, { limit: mostDifferences });
  return { difference: difference.kind === "value" ? { ...difference, entries: named(difference, name) } : difference };
}

/** Paths that start with the name of the input, as its stage's function knows it. */
function named({ entries }: ValueDifference, name: string): ValueDifference["entries"] {
  return entries.map((entry) => ({ ...entry, path: entry.path.replace(/^result\b/, () => name) }));
}
