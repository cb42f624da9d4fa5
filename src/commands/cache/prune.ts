import { fail } from "../../core/failure.ts";
import { isLimited } from "../../run/keeping/limits.ts";
import { formatBytes, formatCount } from "../../text/quantity.ts";
import { sanitize } from "../../text/sanitize.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption, limitOptions, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { durationOf } from "../settings.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const options = {
  "older-than": { type: "string", value: "TIME", help: "remove results that were made longer ago (30d, 12h)" },
  "unused-for": { type: "string", value: "TIME", help: "remove results that were not used for so long" },
  ...limitOptions,
  ...dryRunOption,
  verbose: { type: "boolean", short: "v", help: "name each result that goes" },
} as const satisfies OptionSpecs;

/** `sluice cache prune`. */
export const prune = defineVerb({
  name: "prune",
  summary: "remove old results, or what is over the limits",
  details: [
    "With --older-than or --unused-for: results that are that old (with both: in both ways).",
    "Else what is over the limits of sluice.json, --max-size and --max-age: what is least worth goes first.",
    "What is pinned, and what is being read, stays.",
  ],
  arguments: [],
  options,
  action: pruneResults,
});

interface Gone {
  readonly key: string;
  readonly node: string;
  readonly bytes: number;
  readonly why: string;
}

async function pruneResults(call: VerbCall<typeof options>): Promise<ExitCode> {
  const { workspace, terminal, options } = call;
  const { json = false, "dry-run": dryRun = false, verbose = false } = options;
  const { limits = {} } = workspace;
  if (!dryRun) mustBeWritable(workspace);
  const olderThan = durationOf("--older-than", options["older-than"]);
  const unusedFor = durationOf("--unused-for", options["unused-for"]);
  const gone: Gone[] = [];
  let count = 0;
  const note = (each: Gone): void => {
    count++;
    if (json || verbose) gone.push(each);
  };
  let bytes: number;
  let spared = 0;
  let isOver = false;
  if (olderThan === undefined && unusedFor === undefined) {
    if (!isLimited(limits))
      fail("usage", "nothing says what to remove", {
        hint: "give --older-than, --unused-for, --max-size or --max-age, or limits in sluice.json",
      });
    const { makeRoom } = await import("../../run/keeping/make-room.ts");
    const made = await makeRoom(workspace, limits, { dryRun, onEvicted: note });
    bytes = made.before - made.after;
    isOver = made.isOver;
  } else {
    const age = {
      ...(olderThan === undefined ? {} : { olderThan }),
      ...(unusedFor === undefined ? {} : { unusedFor }),
    };
    const { prune } = await import("../../run/keeping/prune.ts");
    const { pins = [] } = limits;
    const onPruned = ({ key, node, bytes }: Omit<Gone, "why">): void => note({ key, node, bytes, why: "age" });
    ({ bytes, spared } = await prune(workspace, { ...age, pins, dryRun, onPruned }));
  }
  if (json) {
    printJson(terminal, { dryRun, results: count, freedBytes: bytes, spared, isOver, removed: gone });
    return 0;
  }
  const { out, err } = terminal;
  printLines(
    out,
    gone.map(({ key, node, bytes, why }) => `${sanitize(node)} ${key.slice(0, 12)}  ${formatBytes(bytes)}  ${why}`),
  );
  const what = `${formatCount(count, "result")}, ${formatBytes(Math.max(0, bytes))}`;
  printLines(out, [count === 0 ? "nothing to remove" : `${dryRun ? "would remove" : "removed"} ${what}`]);
  if (spared > 0)
    printLines(err, [
      `${formatCount(spared, "result")} that ${spared === 1 ? "is" : "are"} pinned or in use ${spared === 1 ? "stays" : "stay"}`,
    ]);
  if (isOver) printLines(err, ["the cache is over its limit all the same: the rest is pinned or in use"]);
  return 0;
}
