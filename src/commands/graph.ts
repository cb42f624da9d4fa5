import path from "node:path";
import { fail } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { DrawOptions } from "../picture/draw.ts";
import type { PictureSource } from "../picture/picture.ts";
import type { States } from "../picture/states.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { graphFormat, graphFormats } from "./graph/format.ts";
import { chosenNodes } from "./graph/nodes.ts";
import { graphOutput } from "./graph/output.ts";
import { jsonOption, planOptions } from "./options.ts";
import { loadGraph } from "./pipeline-graph.ts";
import { withProject, withWorkspace } from "./project.ts";
import { planSettings } from "./settings.ts";

/** `sluice graph`. */
export const graph = defineCommand({
  name: "graph",
  summary: "draw the pipeline: as a picture, as a page to look around in, as text",
  arguments: [{ name: "[TARGET...]", rest: true, help: "only these nodes and all they read; all unless given" }],
  options: {
    ...planOptions,
    output: { type: "string", short: "o", value: "FILE", help: "write to this file; its ending says the format" },
    format: {
      type: "string",
      value: "FORMAT",
      choices: graphFormats,
      help: "mermaid (default), dot, text, svg, png (pictures), html (a page by itself) or json",
    },
    run: { type: "string", value: "RUN", help: "draw this run as it was: last, previous, or an id of sluice runs" },
    "no-state": { type: "boolean", help: "draw the structure only, not what a run would do now" },
    around: { type: "string", value: "NODE", help: "only this node, what it reads and what reads it" },
    depth: { type: "string", value: "N", help: "with --around: at most so many wires away" },
    expand: { type: "boolean", help: "draw each of many nodes that are alike, instead of one stack of them" },
    theme: {
      type: "string",
      value: "THEME",
      choices: ["light", "dark"] as const,
      help: "colours of svg and png; unless given those that the reader prefers, and light for png",
    },
    ...jsonOption,
  },
  details: [
    "mermaid and dot are of the structure only, unless a run is drawn; the others show what a run would do, or did (--run)",
    "a run is drawn by what was recorded of it, of pipelines and of drivers; the pipeline is not loaded",
  ],
  async run({ args, options, terminal }) {
    const format = graphFormat(options);
    const { run, theme, expand = false } = options;
    if (run !== undefined && options["no-state"]) fail("usage", "--run and --no-state cannot both be meant");
    const output = options.output === "-" ? undefined : options.output;
    if (format === "png" && output === undefined && terminal.out.columns !== Infinity)
      fail("usage", "a PNG is nothing for a terminal", { hint: "name a file: -o graph.png" });
    const drawing: DrawOptions = { expand, ...(theme === undefined ? {} : { theme }) };
    const choose = (loaded: Graph): readonly GraphNode[] => chosenNodes(loaded, args, options.around, options.depth);
    const give = async (what: PictureSource): Promise<ExitCode> => {
      await graphOutput(what, { format, drawing, output, terminal });
      return 0;
    };
    if (run !== undefined) {
      return withWorkspace(options, terminal, async ({ metadata }) => {
        const { pastRun } = await import("./graph/past-run.ts");
        return give(await pastRun(metadata, run, { file: options.file, choose, terminal }));
      });
    }
    const draw = async (nodes: readonly GraphNode[], states: States | undefined): Promise<ExitCode> => {
      const { findPipeline } = await import("../authoring/find-pipeline.ts");
      const { pipelineTitle } = await import("./graph/pipeline-title.ts");
      const file = findPipeline(terminal.cwd, options.file);
      return give({ title: pipelineTitle(file), nodes, root: path.dirname(file), ...states });
    };
    if (options["no-state"] || format === "mermaid" || format === "dot") {
      return draw(choose(await loadGraph(options.file, terminal)), undefined);
    }
    return withProject(options, terminal, async ({ graph: loaded, workspace }) => {
      const nodes = choose(loaded);
      const { plannedStates } = await import("./graph/states.ts");
      const names = nodes.map(({ name }) => name);
      return draw(nodes, await plannedStates(workspace, loaded, await planSettings(loaded, names, options), terminal));
    });
  },
});
