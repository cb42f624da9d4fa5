import type { Files } from "../rig/rig.ts";

/** Three stages in a row with a file, a parameter, a log, and an output. */
export const sales: Files = {
  "pipeline.ts": `import { file, param, stage } from "sluice";
import { total } from "./lib/total.ts";

export const sales = file("data/sales.csv");
export const topN = param(2);
export const clean = stage({ sales }, async ({ sales }, { log }) => {
  const rows = (await sales.text()).trim().split("\\n").slice(1).map((line) => {
    const [name, units] = line.split(",");
    return { name: name!, units: Number(units) };
  });
  log.info("read", rows.length, "rows");
  return rows.filter((row) => row.units > 0);
}, { description: "rows that count" });
export const stats = stage({ clean, topN }, ({ clean, topN }) => ({ total: total(clean), top: clean.slice(0, topN) }));
export const report = stage({ stats }, ({ stats }) => \`total \${stats.total}\\n\`, { output: "out/report.txt" });
`,
  "lib/total.ts": `export function total(rows: readonly { readonly units: number }[]): number {
  return rows.reduce((sum, row) => sum + row.units, 0);
}
`,
  "data/sales.csv": "name,units\na,1\nb,2\nc,0\nd,4\n",
};

/** One stage that never ends by itself, and one before it. */
export const endless: Files = {
  "pipeline.ts": `import { stage } from "sluice";
export const first = stage({}, () => 1);
export const slow = stage({ first }, async (_, { log, signal }) => {
  log.info("slow is under way");
  await new Promise((resolve, reject) => {
    const timer = setInterval(() => {}, 1000);
    signal.addEventListener("abort", () => { clearInterval(timer); reject(signal.reason); });
  });
});
`,
};
