import { defineCommand } from "./command.ts";
import { cacheModeOptions, jsonOption, planOptions } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withProject } from "./project.ts";
import { planSettings } from "./settings.ts";

/** `sluice why`. */
export const why = defineCommand({
  name: "why",
  summary: "explain why a node would run or not, or why it ran",
  arguments: [{ name: "NODE", required: true, help: "the node to explain" }],
  options: {
    ...planOptions,
    ...cacheModeOptions,
    run: {
      type: "string",
      value: "RUN",
      help: "what that run did with it (an id of sluice runs, or its start; or last)",
    },
    against: {
      type: "string",
      value: "RUN",
      help: "compare with the result of that run (default: the earlier result that is nearest)",
    },
    ...jsonOption,
  },
  async run({ args: [node], options, terminal }) {
    return withProject(options, terminal, async ({ graph, workspace }) => {
      const { explain } = await import("../run/explain/explain.ts");
      const settings = await planSettings(graph, [], options);
      const explanation = await explain(workspace, graph, node!, {
        ...settings,
        ...(options.run === undefined ? {} : { run: options.run }),
        ...(options.against === undefined ? {} : { against: options.against }),
      });
      if (options.json) {
        const { failureDocument } = await import("../report/json.ts");
        printJson(terminal, { ...explanation, warnings: explanation.warnings.map(failureDocument) });
      } else {
        const { explanationLines } = await import("../report/explanation.ts");
        const { cwd, out } = terminal;
        printLines(
          out,
          explanationLines(explanation, { style: out.style, cwd, columns: out.columns, now: Date.now() }),
        );
      }
      return 0;
    });
  },
});
