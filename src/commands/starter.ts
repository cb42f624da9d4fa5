/** The files of the starter pipeline, by path. They are also the first page of the documentation: keep them short. */
export const starter: Readonly<Record<string, string>> = {
  "pipeline.ts": `import { file, param, stage } from "sluice";

// What the pipeline reads. A file counts by its content: touching it re-runs nothing.
export const sales = file("data/sales.csv");
export const template = file("template.txt");

// A value that a run can set: sluice run --set topN=5
export const topN = param(3);

interface Sale {
  readonly product: string;
  readonly units: number;
  readonly price: number;
}

// A stage is a function of its inputs. Its result is kept, and it runs again only when its inputs or its code change.
export const clean = stage({ sales }, async ({ sales }) => parse(await sales.text()).filter(isValid));

export const totals = stage({ clean }, ({ clean }) => {
  const revenue = new Map<string, number>();
  for (const { product, units, price } of clean) revenue.set(product, (revenue.get(product) ?? 0) + units * price);
  return [...revenue].map(([product, total]) => ({ product, total })).sort((a, b) => b.total - a.total);
});

// \`output\` also puts the result where you want it.
export const report = stage(
  { totals, topN, template },
  async ({ totals, topN, template }) => {
    const rows = totals.slice(0, topN).map(({ product, total }) => \`\${product.padEnd(12)} \${total.toFixed(2).padStart(10)}\`);
    return (await template.text()).replace("{{rows}}", rows.join("\\n"));
  },
  { output: "out/report.txt" },
);

function parse(csv: string): Sale[] {
  const [, ...lines] = csv.trim().split("\\n");
  return lines.map((line) => {
    const [product = "", units, price] = line.split(",");
    return { product, units: Number(units), price: Number(price) };
  });
}

function isValid(sale: Sale): boolean {
  return sale.product !== "" && sale.units > 0 && sale.price > 0;
}
`,
  "data/sales.csv": `product,units,price
apples,120,0.40
pears,80,0.55
,10,1.00
cherries,300,0.12
apples,60,0.42
plums,0,0.35
bananas,210,0.25
`,
  "template.txt": `Best sellers
============
{{rows}}
`,
};
