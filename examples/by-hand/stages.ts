/** What the stages do: functions over files that know nothing of a cache. They are those of the example box-office. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { KeyBuilder } from "sluice/cache";
import { analyseReleases } from "../box-office/lib/analyse.ts";
import { cleanFilms } from "../box-office/lib/clean.ts";
import { fetchFile } from "../box-office/lib/fetch-file.ts";
import type { Analysis, Cleaned, Release } from "../box-office/lib/film.ts";
import { renderChart, renderReport } from "../box-office/lib/report.ts";
import { toReleases } from "../box-office/lib/transform.ts";

export interface Settings {
  readonly topN: number;
  readonly minBudget: number;
}

export interface Stage {
  readonly name: string;
  /** What it is made of. A version is changed by hand when the code of a stage is: nothing else would tell. */
  readonly key: (key: KeyBuilder, settings: Settings) => KeyBuilder;
  /** Writes its files to a folder. */
  readonly run: (to: string, settings: Settings) => Promise<void>;
  /** The files that it writes, which those after it read in `out/`. */
  readonly files: readonly string[];
  /** How long this step takes in the demo that this example is made after, in seconds: there it sleeps. */
  readonly seconds: number;
}

const address = "vega-datasets@3.2.1/data/movies.json";

export const stages: readonly Stage[] = [
  {
    name: "download",
    key: (key) => key.string("address", address).version("1"),
    run: (to) => fetchFile(address, path.join(to, "movies.json")),
    files: ["movies.json"],
    seconds: 5,
  },
  {
    name: "clean",
    key: (key) => key.file("out/movies.json").version("1"),
    run: async (to) => write(to, "clean.json", cleanFilms(await read("movies.json"))),
    files: ["clean.json"],
    seconds: 8,
  },
  {
    name: "transform",
    key: (key) => key.file("out/clean.json").version("1"),
    run: async (to) => write(to, "releases.json", toReleases((await readCleaned()).films)),
    files: ["releases.json"],
    seconds: 4,
  },
  {
    name: "analyse",
    key: (key, settings) => key.file("out/releases.json").value("settings", settings).version("1"),
    run: async (to, settings) => {
      await write(to, "analysis.json", analyseReleases((await read("releases.json")) as Release[], settings));
    },
    files: ["analysis.json"],
    seconds: 3,
  },
  {
    name: "report",
    key: (key) => key.file("out/clean.json").file("out/analysis.json").file("template.md").version("1"),
    run: async (to) => {
      const template = await readFile(path.join(import.meta.dirname, "template.md"), "utf8");
      const analysis = (await read("analysis.json")) as Analysis;
      await writeFile(path.join(to, "report.md"), renderReport(template, await readCleaned(), analysis));
      await writeFile(path.join(to, "chart.svg"), renderChart(analysis));
    },
    files: ["report.md", "chart.svg"],
    seconds: 2,
  },
];

async function read(name: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(import.meta.dirname, "out", name), "utf8"));
}

/** JSON has no dates: they come back as texts. */
async function readCleaned(): Promise<Cleaned> {
  const cleaned = (await read("clean.json")) as Cleaned;
  return { ...cleaned, films: cleaned.films.map((film) => ({ ...film, released: new Date(film.released) })) };
}

async function write(to: string, name: string, value: unknown): Promise<void> {
  await writeFile(path.join(to, name), JSON.stringify(value));
}
