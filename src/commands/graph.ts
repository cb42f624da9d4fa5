import path from "node:path";
import { fail } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import type { States } from "../picture/states.ts";
import type { Output } from "../report/output.ts";
import { defineCommand, type ExitCode } from "./command.ts";
import { type GraphFormat, graphFormat, graphFormats } from "./graph/format.ts";
import { chosenNodes } from "./graph/nodes.ts";
import { jsonOption, planOptions } from "./options.ts";
import { loadGraph } from "./pipeline-graph.ts";
import { printLines } from "./print.ts";
import { withProject } from "./project.ts";
import { planSettings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

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
      help: "mermaid (default), dot, text, svg (a picture), html (a page by itself) or json",
    },
    run: { type: "string", value: "RUN", help: "show how this run ended: last, previous, or an id of sluice runs" },
    "no-state": { type: "boolean", help: "draw the structure only, not what a run would do now" },
    around: { type: "string", value: "NODE", help: "only this node, what it reads and what reads it" },
    depth: { type: "string", value: "N", help: "with --around: at most so many wires away" },
    expand: { type: "boolean", help: "draw each of many nodes that are alike, instead of one stack of them" },
    ...jsonOption,
  },
  details: [
    "mermaid and dot are of the structure only; text, svg, html and json show what a run would do, or did (--run)",
  ],
  async run({ args, options, terminal }) {
    const format = graphFormat(options);
    const choose = (loaded: Graph): readonly GraphNode[] => chosenNodes(loaded, args, options.around, options.depth);
    const { run } = options;
    const isText = format === "mermaid" || format === "dot";
    if (isText && run !== undefined) {
      fail("usage", `${format} shows no states, so --run would change nothing`, {
        hint: "add -o graph.svg, -o graph.html or --format text",
      });
    }
    if (run !== undefined && options["no-state"]) fail("usage", "--run and --no-state cannot both be meant");
    const isPlain = options["no-state"] || isText;
    const draw = async (nodes: readonly GraphNode[], states: States | undefined): Promise<ExitCode> => {
      const { findPipeline } = await import("../authoring/find-pipeline.ts");
      const file = findPipeline(terminal.cwd, options.file);
      const output = options.output === "-" ? undefined : options.output;
      const expand = options.expand ?? false;
      await give(
        await drawn(format, { file, nodes, states, expand, out: output === undefined ? terminal.out : undefined }),
        output,
        terminal,
      );
      return 0;
    };
    if (isPlain) return draw(choose(await loadGraph(options.file, terminal)), undefined);
    return withProject(options, terminal, async ({ graph: loaded, workspace }) => {
      const nodes = choose(loaded);
      const { plannedStates, runStates } = await import("./graph/states.ts");
      if (run !== undefined) return draw(nodes, await runStates(workspace, run));
      const settings = await planSettings(
        loaded,
        nodes.map(({ name }) => name),
        options,
      );
      return draw(nodes, await plannedStates(workspace, loaded, settings, terminal));
    });
  },
});

interface What {
  /** Absolute path of the pipeline. */
  readonly file: string;
  readonly nodes: readonly GraphNode[];
  readonly states: States | undefined;
  readonly expand: boolean;
  /** Where it is shown at once; undefined for what goes to a file. */
  readonly out: Output | undefined;
}

async function drawn(format: GraphFormat, { file, nodes, states, expand, out }: What): Promise<string> {
  if (format === "mermaid" || format === "dot") {
    const { toDot, toMermaid } = await import("../picture/graph-text.ts");
    return format === "dot" ? toDot(nodes) : toMermaid(nodes);
  }
  const { pipelineTitle } = await import("./graph/pipeline-title.ts");
  const source = { title: pipelineTitle(file), nodes, root: path.dirname(file), ...states };
  if (format === "json") {
    const { graphDocument } = await import("../picture/json.ts");
    return `${JSON.stringify(graphDocument(source), undefined, 2)}\n`;
  }
  const { pictureOf } = await import("../picture/picture.ts");
  const picture = pictureOf(source);
  if (format === "text") {
    const { treeLines } = await import("../report/graph-tree.ts");
    const { createStyle } = await import("../report/style.ts");
    const { style, columns } = out ?? { style: createStyle(false), columns: Number.POSITIVE_INFINITY };
    return treeLines(picture, { style, columns })
      .map((line) => `${line}\n`)
      .join("");
  }
  const choice = expand ? ({ unfolded: "all" } as const) : {};
  if (format === "html") {
    const { toHtmlPage } = await import("../picture/page/page.ts");
    return toHtmlPage(picture, choice);
  }
  const { toSvg } = await import("../picture/svg.ts");
  return toSvg(picture, choice);
}

async function give(text: string, output: string | undefined, terminal: Terminal): Promise<void> {
  if (output === undefined) {
    terminal.out.write(text);
    return;
  }
  const { ensureDir } = await import("../platform/files.ts");
  const { writeFileAtomic } = await import("../platform/temp-file.ts");
  const file = path.resolve(terminal.cwd, output);
  ensureDir(path.dirname(file));
  await writeFileAtomic(file, text, { tmpDir: path.dirname(file) });
  printLines(terminal.err, [`wrote ${output}`]);
}
