import type { GraphNode } from "../core/graph.ts";
import { outputPaths } from "../core/graph.ts";
import { isStage, placeOf } from "../core/node.ts";
import { shortPath } from "../report/place.ts";
import { formatTable } from "../report/table.ts";
import { sanitize } from "../text/sanitize.ts";
import { defineCommand } from "./command.ts";
import { cacheOptions, jsonOption } from "./options.ts";
import { loadGraph } from "./pipeline-graph.ts";
import { printJson, printLines } from "./print.ts";

/** `sluice ls`. */
export const ls = defineCommand({
  name: "ls",
  summary: "list the nodes of the pipeline",
  arguments: [{ name: "[TARGET...]", rest: true, help: "only these nodes; all unless given" }],
  options: { file: cacheOptions.file, ...jsonOption },
  async run({ args, options, terminal }) {
    const graph = await loadGraph(options.file, terminal);
    const nodes = args.length === 0 ? graph.nodes : [...new Set(args.flatMap((name) => graph.resolve(name)))];
    if (options.json)
      printJson(terminal, { nodes: Object.fromEntries(nodes.map((node) => [node.name, describe(node)])) });
    else printLines(terminal.out, table(nodes, terminal.out.columns, terminal.out.style.bold, terminal.cwd));
    return 0;
  },
});

function describe({ definition, inputs, consumers }: GraphNode) {
  const where = placeOf(definition);
  return {
    kind: definition.kind,
    inputs: Object.fromEntries(inputs.map((input) => [input.name, input.node?.name ?? null])),
    consumers: consumers.map((consumer) => consumer.name),
    ...(definition.description === undefined ? {} : { description: definition.description }),
    ...(definition.tags === undefined ? {} : { tags: definition.tags }),
    ...(isStage(definition)
      ? { cache: definition.cache, format: definition.format, outputs: outputPaths(definition) }
      : {}),
    ...(where === undefined ? {} : { where }),
  };
}

function table(
  nodes: readonly GraphNode[],
  width: number,
  heading: (text: string) => string,
  cwd: string,
): readonly string[] {
  const rows = nodes.map((node) => [
    node.name,
    node.definition.kind,
    node.inputs
      .map((input) =>
        input.node === undefined || input.node.name === input.name ? input.name : `${input.name}: ${input.node.name}`,
      )
      .join(", "),
    outputs(node, cwd),
    node.definition.description ?? "",
  ]);
  // columns that no node fills are left out
  const titles = ["node", "kind", "inputs", "output", "description"];
  const used = titles.flatMap((_, i) => (i < 2 || rows.some((row) => row[i] !== "") ? [i] : []));
  return formatTable(
    used.map((i) => ({ title: titles[i]!, max: 60 })),
    rows.map((row) => used.map((i) => sanitize(row[i]!))),
    { heading, width },
  ).lines;
}

function outputs({ definition }: GraphNode, cwd: string): string {
  if (!isStage(definition)) return "";
  return outputPaths(definition)
    .map((file) => shortPath(file, cwd))
    .join(", ");
}
