import { writeFile } from "node:fs/promises";
import { file, param, stage } from "sluice";
import { analyseReleases } from "./lib/analyse.ts";
import { cleanFilms } from "./lib/clean.ts";
import { fetchFile } from "./lib/fetch-file.ts";
import { renderChart, renderReport } from "./lib/report.ts";
import { toReleases } from "./lib/transform.ts";

export const topN = param(10, { description: "rows in each list of the report" });
export const minBudget = param(100_000, { description: "least budget, in US dollars, to compete for the best return" });

export const download = stage(
  { address: "vega-datasets@3.2.1/data/movies.json" },
  ({ address }, { outputs }) => fetchFile(address, outputs.movies),
  { outputs: { movies: "out/movies.json" } },
);

export const clean = stage({ download }, async ({ download }) => cleanFilms(await download.movies.json()), {
  check: { name: "most films are left", test: ({ read, films }) => films.length > 0.9 * read },
});

export const transform = stage({ clean }, ({ clean }) => toReleases(clean.films));

export const analyse = stage({ transform, topN, minBudget }, ({ transform, topN, minBudget }) =>
  analyseReleases(transform, { topN, minBudget }),
);

export const report = stage(
  { clean, analyse, template: file("template.md") },
  async ({ clean, analyse, template }, { outputs }) => {
    await writeFile(outputs.report, renderReport(await template.text(), clean, analyse));
    await writeFile(outputs.chart, renderChart(analyse));
  },
  { outputs: { report: "out/report.md", chart: "out/chart.svg" } },
);
