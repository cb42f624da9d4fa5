import type { RunEvent } from "../core/event.ts";
import { type Failure, fail } from "../core/failure.ts";
import type { RunOutcome } from "../run/run.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { listenForInterruption } from "./interruption.ts";
import { cacheModeOptions, jsonOption, keysOption, limitOptions, planOptions, strictOption } from "./options.ts";
import { withUnloadedProject } from "./project.ts";
import { jobsOf, loudnessOf, planSettings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** `sluice run`. */
export const run = defineCommand({
  name: "run",
  summary: "bring nodes up to date: reuse what has not changed, run the rest",
  arguments: [
    { name: "[TARGET...]", rest: true, help: "nodes to bring up to date, with all they read; all unless given" },
  ],
  options: {
    ...planOptions,
    ...cacheModeOptions,
    ...limitOptions,
    jobs: { type: "string", short: "j", value: "N|auto", help: "stages at once (auto: as many as processors)" },
    "keep-going": { type: "boolean", short: "k", help: "after a failure, run all that does not depend on it" },
    ...strictOption,
    watch: { type: "boolean", short: "w", help: "then wait, and run again whenever something it depends on changes" },
    "dry-run": { type: "boolean", short: "n", help: "only say what would run (sluice plan)" },
    ...jsonOption,
    ...keysOption,
    quiet: { type: "boolean", short: "q", help: "say only what fails or warns" },
    verbose: { type: "boolean", short: "v", help: "also say what is reused, every reason, all of every log" },
  },
  details: ["exit codes: 0 done, 1 a node failed, 2 the call or the pipeline is wrong, 130 interrupted"],
  async run(call) {
    const { args, options, terminal } = call;
    const loudness = loudnessOf(options);
    const jobs = jobsOf(options.jobs);
    if (options["dry-run"]) {
      if (options.watch) fail("usage", "--dry-run and --watch cannot both be meant");
      const { plan } = await import("./plan.ts");
      return plan.run(call);
    }
    if (options.watch) {
      const { watchCall } = await import("./watch/watch-call.ts");
      return watchCall(call, { loudness, ...jobs });
    }
    return withUnloadedProject(options, terminal, async ({ file, store, load }) => {
      const { RunMemory } = await import("../run/memory/run-memory.ts");
      const { openLiveReport, openReport } = await import("./run-report.ts");
      const { set: params = [], cache = "rw", recompute = [] } = options;
      const eachNode = loudness === "verbose";
      const render = options.json ? { render: (await import("../report/json.ts")).nodesText } : {};
      const memory = new RunMemory(store, { file, targets: args, params, cache, recompute, eachNode, ...render });
      // What is remembered of a run does not say that its code was looked into.
      const recalled = options.strict ? undefined : await memory.recall();
      if (recalled) {
        const report = openReport(terminal, loudness);
        const { warnings, onEvent } = noteWarnings(report.onEvent);
        const outcome = await recalled.complete({ ...jobs, onEvent }).finally(report.close);
        return tell(outcome, warnings, options, terminal);
      }
      const { graph, workspace } = await memory.watch(load);
      const settings = await planSettings(graph, args, options);
      if (options.strict) {
        const { refuseUndeclaredInputs } = await import("../run/check/undeclared-inputs.ts");
        await refuseUndeclaredInputs(workspace, graph, settings);
      }
      const { runGraph } = await import("../run/run.ts");
      const { toStageLog } = await import("../run/make/stage-output.ts");
      terminal.offerConsole(toStageLog);
      const report = await openLiveReport(terminal, loudness, options);
      const { warnings, onEvent } = noteWarnings(report.onEvent);
      const interruption = listenForInterruption({ onFirst: report.stopping, onSecond: report.close });
      try {
        const outcome = await runGraph(workspace, graph, {
          ...settings,
          ...jobs,
          keepGoing: options["keep-going"] ?? false,
          signal: interruption.signal,
          onEvent,
          onAllReused: memory.onAllReused,
        });
        await memory.keepLoad();
        report.close();
        return await tell(outcome, warnings, options, terminal);
      } finally {
        report.close();
        interruption.dispose();
      }
    });
  },
});

/** Keeps the warnings among events that are passed on. */
function noteWarnings(pass: (event: RunEvent) => void) {
  const warnings: Failure[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.type === "warning") warnings.push(event.failure);
    pass(event);
  };
  return { warnings, onEvent };
}

async function tell(
  outcome: Omit<RunOutcome, "value" | "standIns" | "outside"> & { readonly rendered?: string },
  warnings: readonly Failure[],
  { json }: { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (json) {
    const { runText } = await import("../report/json.ts");
    terminal.out.write(runText(outcome, warnings, outcome.rendered));
  }
  return exitCodes[outcome.status];
}

const exitCodes = { ok: 0, failed: 1, cancelled: 130 } as const satisfies Record<string, ExitCode>;
