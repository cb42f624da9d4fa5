import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { GeneratedPipeline, shapes, styles } from "./generated-pipeline.ts";
import { type Case, measure, runProcess } from "./measure.ts";

/** A run in which nothing changed, as a whole process. */
export const noop: Benchmark = {
  about: "a run in which nothing changed, as a whole process, against Node's own start",

  async run({ rounds, nodes, log }) {
    const empty = mkdtempSync(join(tmpdir(), "sluice-bench-"));
    const pipelines: GeneratedPipeline[] = [];
    const baseline = "node -e 0";
    try {
      writeFileSync(join(empty, "empty.mjs"), "");
      const cases: Case[] = [
        { label: baseline, args: ["-e", "0"], cwd: empty },
        { label: "node empty.mjs", args: ["empty.mjs"], cwd: empty },
      ];
      for (const count of nodes) {
        for (const style of styles) {
          for (const shape of shapes) {
            const label = `${shape}, ${style}`;
            log(`cold run: ${count} nodes, ${label}`);
            const pipeline = new GeneratedPipeline(shape, style, count);
            pipelines.push(pipeline);
            const cold = { label: `${label} (cold)`, args: pipeline.run("--json"), cwd: pipeline.folder };
            expectStages((await runProcess(cold)).stdout, "executed", count - 1);
            const check = (stdout: string) => expectStages(stdout, "hit", count - 1);
            cases.push({ label, nodes: count, args: pipeline.run("--json"), cwd: pipeline.folder, check });
          }
        }
      }
      log(`${rounds} rounds of ${cases.length} cases`);
      return { baseline, cases: await measure(cases, rounds, baseline) };
    } finally {
      for (const pipeline of pipelines) pipeline.remove();
      rmSync(empty, { recursive: true, force: true });
    }
  },
};

/** A fast run that did something else is no result. */
function expectStages(stdout: string, status: string, count: number): void {
  const { nodes } = JSON.parse(stdout) as { nodes: Record<string, { kind: string; status: string }> };
  const found = Object.values(nodes).filter((node) => node.kind === "stage" && node.status === status).length;
  if (found !== count) throw new Error(`${found} stages are ${status}, not ${count}`);
}
