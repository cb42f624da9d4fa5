import { fail, failureOf } from "../core/failure.ts";
import type { Metadata, RunRecord } from "../metadata/metadata.ts";
import type { NodeValueOptions } from "../run/difference/run-difference.ts";
import { defineCommand } from "./command.ts";
import { cacheOptions, jsonOption } from "./options.ts";
import { printJson, printLines } from "./print.ts";
import { withHistory } from "./project.ts";
import { wholeNumber } from "./settings.ts";

const defaultLimit = 20;

/** `sluice diff`. */
export const diff = defineCommand({
  name: "diff",
  summary: "compare two runs: which nodes differ, and for one node the difference of its values",
  arguments: [
    {
      name: "[RUN_A]",
      help: "the run before: last, previous, last~2, an id of sluice runs or its start (default: previous)",
    },
    { name: "[RUN_B]", help: "the run after (default: last)" },
    { name: "[NODE]", early: true, help: "compare the values of this node; may come without runs" },
  ],
  options: {
    ...cacheOptions,
    key: {
      type: "string",
      value: "COLUMN[,COLUMN]",
      help: "rows of a table are the same row where these columns are equal (default: by position)",
    },
    limit: { type: "string", value: "N", help: `differences of a value to show at most (default: ${defaultLimit})` },
    "exit-code": { type: "boolean", help: "exit with 1 if there are differences" },
    ...jsonOption,
  },
  details: [
    "exit codes: 0 done, whether or not there are differences; 1 with --exit-code if there are; 2 the call is wrong",
  ],
  async run({ args, options, terminal }) {
    const limit = wholeNumber("--limit", options.limit, defaultLimit);
    const key = options.key?.split(",").filter((column) => column !== "");
    return withHistory(options, terminal, async ({ workspace, load }) => {
      const { runs, node } = await choose(workspace.metadata, args);
      if (key && node === undefined)
        fail("usage", "--key needs a node", { hint: "sluice diff RUN_A RUN_B NODE --key COLUMN" });
      const { compareNode, compareRuns } = await import("../run/difference/run-difference.ts");
      const { out } = terminal;
      const shown = { style: out.style, columns: out.columns, now: Date.now() };
      if (node === undefined) {
        const difference = await compareRuns(workspace, ...runs);
        if (options.json) printJson(terminal, difference);
        else {
          const { runDifferenceLines } = await import("../report/run-difference.ts");
          printLines(out, runDifferenceLines(difference, shown));
        }
        return options["exit-code"] && difference.nodes.length > 0 ? 1 : 0;
      }
      const registerClasses = load && (async () => void (await load()));
      const how: NodeValueOptions = { limit, ...(key ? { key } : {}), ...(registerClasses ? { registerClasses } : {}) };
      const compared = await compareNode(workspace, ...runs, node, how);
      if (options.json) printJson(terminal, compared);
      else {
        const { nodeDifferenceLines } = await import("../report/run-difference.ts");
        printLines(out, nodeDifferenceLines(compared, shown));
      }
      return options["exit-code"] && compared.node.change !== "same" ? 1 : 0;
    });
  },
});

/** The last of one or two arguments may be a node: runs have ids that no node has. */
async function choose(
  metadata: Metadata,
  args: readonly string[],
): Promise<{ readonly runs: readonly [RunRecord, RunRecord]; readonly node?: string }> {
  const { namedRun } = await import("../run/explain/named-run.ts");
  const last = args.at(-1);
  if (last !== undefined && args.length < 3) {
    const others = args.slice(0, -1);
    const runs = [...(await metadata.runs(2))];
    for (const name of others) runs.push(await namedRun(metadata, name));
    const isRun = await namedRun(metadata, last).then(
      () => true,
      (error: unknown) => {
        if (failureOf(error, "unknown-run")) return false;
        throw error;
      },
    );
    const nodes = await Promise.all(runs.map(({ id }) => metadata.runNodes(id)));
    if (!isRun && nodes.some((names) => names.has(last))) return { ...(await choose(metadata, others)), node: last };
  }
  const [a = "previous", b = "last", node] = args;
  const runs = [await namedRun(metadata, a), await namedRun(metadata, b)] as const;
  return { runs, ...(node === undefined ? {} : { node }) };
}
