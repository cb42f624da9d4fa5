import type { RunRecord } from "../metadata/metadata.ts";
import { formatTable } from "../report/table.ts";
import { formatAge, formatDuration, formatNumber } from "../text/quantity.ts";
import { sanitize } from "../text/sanitize.ts";
import { defineCommand } from "./command.ts";
import { cacheOptions, jsonOption } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withWorkspace } from "./project.ts";
import { wholeNumber } from "./settings.ts";

/** `sluice runs`. */
export const runs = defineCommand({
  name: "runs",
  summary: "list the latest runs, newest first",
  arguments: [],
  options: {
    ...cacheOptions,
    limit: { type: "string", value: "N", help: "how many (default: 20)" },
    ...jsonOption,
  },
  async run({ options, terminal }) {
    const limit = wholeNumber("--limit", options.limit, 20);
    return withWorkspace(options, terminal, async ({ metadata }) => {
      const list = await metadata.runs(limit);
      const { err, out } = terminal;
      if (options.json) printJson(terminal, { runs: list });
      else if (list.length === 0) printLines(err, limit === 0 ? [] : ["no run yet: sluice run"]);
      else printLines(out, table(list, Date.now(), out.columns, out.style.bold));
      return 0;
    });
  },
});

function table(
  list: readonly RunRecord[],
  now: number,
  width: number,
  heading: (text: string) => string,
): readonly string[] {
  const rows = list.map((run) => [
    sanitize(run.id),
    formatAge(now - run.startedAt),
    run.status ?? "unfinished",
    run.finishedAt === undefined ? "" : formatDuration(run.finishedAt - run.startedAt),
    formatNumber(run.counts.executed ?? 0),
    formatNumber(run.counts.hit ?? 0),
    formatNumber(run.counts.failed ?? 0),
    formatDuration(run.savedMs),
    sanitize(run.targets.join(" ") || "all"),
  ]);
  const columns = [
    { title: "run" },
    { title: "started" },
    { title: "status" },
    { title: "took", align: "right" },
    { title: "ran", align: "right" },
    { title: "hit", align: "right" },
    { title: "failed", align: "right" },
    { title: "saved", align: "right" },
    { title: "targets", max: 40 },
  ] as const;
  return formatTable(columns, rows, { heading, width }).lines;
}
