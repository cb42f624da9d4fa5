import { defineCommand } from "./command.ts";
import { cacheOptions } from "./options.ts";
import { loadGraph } from "./pipeline-graph.ts";

/** `sluice graph`. */
export const graph = defineCommand({
  name: "graph",
  summary: "draw the pipeline, as text for Mermaid or Graphviz",
  arguments: [{ name: "[TARGET...]", rest: true, help: "only these nodes and all they read; all unless given" }],
  options: {
    file: cacheOptions.file,
    format: { type: "string", value: "FORMAT", choices: ["mermaid", "dot"], help: "mermaid (default) or dot" },
  },
  async run({ args, options, terminal }) {
    const pipeline = await loadGraph(options.file, terminal);
    const nodes = pipeline.needed(args.length === 0 ? undefined : args.flatMap((name) => pipeline.resolve(name)));
    const { toDot, toMermaid } = await import("../report/graph-text.ts");
    terminal.out.write(options.format === "dot" ? toDot(nodes) : toMermaid(nodes));
    return 0;
  },
});
