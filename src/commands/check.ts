import { fail } from "../core/failure.ts";
import { defineCommand } from "./command.ts";
import { jsonOption, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withProject } from "./project.ts";
import { planSettings } from "./settings.ts";

/** `sluice check`. */
export const check = defineCommand({
  name: "check",
  summary: "find what is wrong with the pipeline, and inputs that nobody declared, without running anything",
  arguments: [
    {
      name: "[NODE...]",
      rest: true,
      help: "nodes to check, with all they read; all unless given. With --dataflow: modules",
    },
  ],
  options: {
    ...planOptions,
    ...jsonOption,
    dataflow: { type: "boolean", help: "check how the functions of dataflow modules are wired, types included" },
    config: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "with --dataflow: a config value, JSON or a text (repeatable)",
    },
    verbose: { type: "boolean", short: "v", help: "also list what is allowed" },
  },
  details: [
    "exit codes: 0 nothing found (notes apart), 1 undeclared inputs or wrong wires, 2 the call or the pipeline is wrong",
  ],
  async run({ args, options, terminal }) {
    if (options.dataflow) return (await import("./check-dataflow.ts")).checkDataflow(args, options, terminal);
    if (options.config)
      fail("usage", "--config is about dataflow modules", { hint: "sluice check --dataflow features.ts" });
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const { checkGraph } = await import("../run/check/check.ts");
      const { isWrong } = await import("../run/check/undeclared-inputs.ts");
      const report = await checkGraph(workspace, graph, await planSettings(graph, args, options));
      const { out, cwd } = terminal;
      if (options.json) {
        const { checkDocument } = await import("../report/check-json.ts");
        printJson(terminal, checkDocument(report));
      } else {
        const { checkLines } = await import("../report/check-text.ts");
        const { style, columns } = out;
        printLines(
          out,
          checkLines(report, { style, columns, cwd, root: workspace.root, verbose: options.verbose ?? false }),
        );
      }
      if (report.problems.length > 0) return 2;
      return report.inputs.some(isWrong) ? 1 : 0;
    });
  },
});
