import type { RunEvent } from "../core/event.ts";
import { fail } from "../core/failure.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { listenForInterruption } from "./interruption.ts";
import { jsonOption, keysOption, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withProject } from "./project.ts";
import { jobsOf, loudnessOf, planSettings, wholeNumber } from "./settings.ts";

const defaultLimit = 5;

/** `sluice verify`. */
export const verify = defineCommand({
  name: "verify",
  summary: "run cached stages again beside the cache, and say which give another value",
  arguments: [{ name: "[NODE...]", rest: true, help: "stages to verify; all unless given" }],
  options: {
    ...planOptions,
    sample: { type: "string", value: "N", help: "verify only so many, chosen by the seed" },
    seed: { type: "string", value: "TEXT", help: "choose another sample (default: 0)" },
    record: { type: "boolean", help: "record the new results in place of the old ones" },
    limit: { type: "string", value: "N", help: `differences of each stage to show at most (default: ${defaultLimit})` },
    jobs: { type: "string", short: "j", value: "N|auto", help: "stages at once (auto: as many as processors)" },
    ...jsonOption,
    ...keysOption,
    quiet: { type: "boolean", short: "q", help: "say only what differs or fails" },
    verbose: { type: "boolean", short: "v", help: "also say what is the same" },
  },
  details: [
    "each stage gets its inputs from the cache; nothing in the cache changes without --record",
    "exit codes: 0 all the same, 1 a stage differs or failed, or nothing could be verified,",
    "            2 the call or the pipeline is wrong, 130 interrupted",
  ],
  async run({ args, options, terminal }) {
    const loudness = loudnessOf(options);
    const sample = options.sample === undefined ? undefined : wholeNumber("--sample", options.sample, 0);
    if (sample === 0) fail("usage", "--sample takes a whole number from 1");
    const limit = wholeNumber("--limit", options.limit, defaultLimit);
    const jobs = jobsOf(options.jobs);
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const { verifyGraph } = await import("../run/verify/verify.ts");
      const { toStageLog } = await import("../run/make/stage-output.ts");
      terminal.offerConsole(toStageLog);
      const { openLiveReport } = await import("./run-report.ts");
      const report = await openLiveReport(terminal, loudness, options);
      const interruption = listenForInterruption({ onFirst: report.stopping, onSecond: report.close });
      try {
        const outcome = await verifyGraph(workspace, graph, {
          ...(await planSettings(graph, args, options)),
          ...jobs,
          ...(sample === undefined ? {} : { sample }),
          ...(options.seed === undefined ? {} : { seed: options.seed }),
          record: options.record ?? false,
          limit,
          signal: interruption.signal,
          onEvent: (event) => report.onEvent(loudness === "verbose" ? event : unended(event)),
        });
        report.close();
        const { verifyDocument, verifyLines } = await import("../report/verify-text.ts");
        const { out, cwd } = terminal;
        if (options.json) printJson(terminal, verifyDocument(outcome));
        else {
          const shown = { style: out.style, columns: out.columns, cwd, loudness, now: Date.now() };
          printLines(out, verifyLines(outcome, shown));
        }
        return exitCodes[outcome.status];
      } finally {
        report.close();
        interruption.dispose();
      }
    });
  },
});

/** How a stage ended is said with its verdict; the report is only to see that it does not run any more. */
function unended(event: RunEvent): RunEvent {
  return event.type === "node-finished" ? { ...event, status: "hit", shared: false } : event;
}

const exitCodes = { ok: 0, failed: 1, cancelled: 130 } as const satisfies Record<string, ExitCode>;
