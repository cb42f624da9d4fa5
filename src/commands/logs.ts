import path from "node:path";
import { fail, failureOf } from "../core/failure.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import type { LoggedEvent } from "../report/log-file.ts";
import type { Workspace } from "../run/workspace.ts";
import { formatCount } from "../text/quantity.ts";
import { defineCommand } from "./command.ts";
import { cacheOptions, jsonOption } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withWorkspace } from "./project.ts";

/** `sluice logs`. */
export const logs = defineCommand({
  name: "logs",
  summary: "show what the stages of a run logged, and how they failed",
  arguments: [
    { name: "[RUN]", help: "last (default), previous, last~2, an id of sluice runs or its start" },
    { name: "[NODE]", early: true, help: "only this node's; alone, that of the run that made its latest result" },
  ],
  options: {
    ...cacheOptions,
    follow: { type: "boolean", help: "of a run that is under way: go on until it ends" },
    ...jsonOption,
  },
  async run({ args, options, terminal }) {
    return withWorkspace(options, terminal, async (workspace) => {
      const { loggedLines, nodeOf } = await import("../report/log-file.ts");
      const { run, node } = await choose(workspace, args);
      const { out, err, cwd } = terminal;
      const kept: LoggedEvent[] = [];
      let shown = 0;
      let damaged = 0;
      for await (const event of logOf(workspace, run, options.follow ?? false)) {
        if (!event) damaged++;
        if (!event || (node !== undefined && nodeOf(event) !== node)) continue;
        shown++;
        if (options.json) kept.push(event);
        else printLines(out, loggedLines(event, { style: out.style, cwd }));
      }
      if (damaged > 0) printLines(err, [`${formatCount(damaged, "damaged line")} left out`]);
      if (options.json) printJson(terminal, { runId: run.id, events: kept });
      else if (shown === 0)
        printLines(err, [`run ${run.id} logged nothing${node === undefined ? "" : ` for ${JSON.stringify(node)}`}`]);
      return 0;
    });
  },
});

/** Runs in which a node is looked for that is named alone. */
const recentRuns = 100;

/** One argument may be a run or a node: a run's name never looks like anything else that exists, so it is tried first. */
async function choose({ metadata }: Workspace, args: readonly string[]): Promise<{ run: RunRecord; node?: string }> {
  const [first = "last", second] = args;
  const runs = await metadata.runs(recentRuns);
  if (runs.length === 0) fail("unknown-run", "there is no run yet", { hint: "sluice run" });
  const { namedRun } = await import("../run/explain/named-run.ts");
  const run = await namedRun(metadata, first).catch((error: unknown) => {
    if (failureOf(error, "unknown-run")) return undefined;
    throw error;
  });
  if (run && second === undefined) return { run };
  if (run) {
    const nodes = await metadata.runNodes(run.id);
    // Of a run that is under way nobody knows yet.
    if (nodes.size > 0 && !nodes.has(second!)) {
      fail("unknown-node", `run ${run.id} has no node "${second}"`, { hint: "run `sluice ls` to see the nodes" });
    }
    return { run, node: second! };
  }
  if (second !== undefined) {
    fail("unknown-run", `there is no run "${first}"`, { hint: "run `sluice runs` to see the runs" });
  }
  for (const each of runs) {
    const outcome = (await metadata.runNodes(each.id)).get(first);
    // What a reused result was made with was logged by the run that made it.
    const madeBy = outcome?.madeBy === undefined ? undefined : await metadata.run(outcome.madeBy);
    if (outcome) return { run: madeBy ?? each, node: first };
  }
  return fail("unknown-run", `neither a run nor a node of a recent run is called "${first}"`, {
    hint: "run `sluice runs` to see the runs",
  });
}

async function* logOf(
  { cacheDir, metadata }: Workspace,
  { id: runId, status }: RunRecord,
  follow: boolean,
): AsyncGenerator<LoggedEvent | undefined> {
  // the id comes from a database that anyone may have written, and becomes a path
  if (cacheDir === undefined || !/^[\w-]+$/.test(runId)) return;
  const file = path.join(cacheDir, "v1", "logs", `${runId}.jsonl`);
  if (follow && status === undefined) {
    const { followLog } = await import("../report/followed-log.ts");
    yield* followLog(file, async () => (await metadata.run(runId))?.status !== undefined);
    return;
  }
  const { readLog } = await import("../report/log-file.ts");
  try {
    yield* readLog(file);
  } catch (error) {
    // a run that says nothing leaves no file
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
