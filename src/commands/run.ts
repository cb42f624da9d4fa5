import { defineCommand, type ExitCode } from "./command.ts";
import { listenForInterruption } from "./interruption.ts";
import { cacheModeOptions, jsonOption, planOptions } from "./options.ts";
import { printJson } from "./print.ts";
import { withProject } from "./project.ts";
import { jobsOf, loudnessOf, planSettings } from "./settings.ts";

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
    jobs: { type: "string", short: "j", value: "N|auto", help: "stages at once (auto: as many as processors)" },
    "keep-going": { type: "boolean", short: "k", help: "after a failure, run all that does not depend on it" },
    "dry-run": { type: "boolean", short: "n", help: "only say what would run (sluice plan)" },
    ...jsonOption,
    quiet: { type: "boolean", short: "q", help: "say only what fails or warns" },
    verbose: { type: "boolean", short: "v", help: "also say what is reused, every reason, and debug logs" },
  },
  details: ["exit codes: 0 done, 1 a node failed, 2 the call or the pipeline is wrong, 130 interrupted"],
  async run(call) {
    const { args, options, terminal } = call;
    const loudness = loudnessOf(options);
    const jobs = jobsOf(options.jobs);
    if (options["dry-run"]) {
      const { plan } = await import("./plan.ts");
      return plan.run(call);
    }
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const settings = await planSettings(graph, args, options);
      const { runGraph } = await import("../run/run.ts");
      const { toStageLog } = await import("../run/stage-output.ts");
      terminal.offerConsole(toStageLog);
      const { openReport } = await import("./run-report.ts");
      const report = openReport(terminal, loudness);
      const interruption = listenForInterruption({
        onFirst: () => report.print("stopping: what runs is being cancelled (once more to stop at once)\n"),
        onSecond: report.close,
      });
      try {
        const outcome = await runGraph(workspace, graph, {
          ...settings,
          ...jobs,
          keepGoing: options["keep-going"] ?? false,
          signal: interruption.signal,
          onEvent: report.onEvent,
        });
        report.close();
        if (options.json) {
          const { runDocument } = await import("../report/json.ts");
          printJson(terminal, runDocument(outcome));
        }
        return exitCodes[outcome.status];
      } finally {
        report.close();
        interruption.dispose();
      }
    });
  },
});

const exitCodes = { ok: 0, failed: 1, cancelled: 130 } as const satisfies Record<string, ExitCode>;
