import { defineCommand } from "./command.ts";
import { cacheModeOptions, jsonOption, planOptions, strictOption } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { warn, withProject } from "./project.ts";
import { loudnessOf, planSettings } from "./settings.ts";

/** `sluice plan`. */
export const plan = defineCommand({
  name: "plan",
  summary: "say what a run would do, and why, without running anything",
  arguments: [{ name: "[TARGET...]", rest: true, help: "nodes to plan for, with all they read; all unless given" }],
  options: {
    ...planOptions,
    ...cacheModeOptions,
    ...strictOption,
    ...jsonOption,
    quiet: { type: "boolean", short: "q", help: "no summary" },
    verbose: { type: "boolean", short: "v", help: "also list what would be reused" },
  },
  async run({ args, options, terminal }) {
    const loudness = loudnessOf(options);
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const settings = await planSettings(graph, args, options);
      if (options.strict) {
        const { refuseUndeclaredInputs } = await import("../run/check/undeclared-inputs.ts");
        await refuseUndeclaredInputs(workspace, graph, settings);
      }
      const { planGraph } = await import("../run/plan.ts");
      const plan = await planGraph(workspace, graph, settings);
      const { nodes } = plan;
      const warnings = new Map(
        nodes.flatMap((node) =>
          node.warnings.map((warning) => [JSON.stringify([warning.message, warning.where]), warning]),
        ),
      );
      for (const warning of warnings.values()) warn(terminal, warning);
      if (options.json) {
        const { planDocument } = await import("../report/json.ts");
        printJson(terminal, planDocument(plan));
      } else {
        const { planLines } = await import("../report/plan-text.ts");
        const { style, columns } = terminal.out;
        printLines(terminal.out, planLines(plan, { style, loudness, columns }));
      }
      return 0;
    });
  },
});
