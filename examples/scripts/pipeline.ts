import { command, file, param } from "sluice";

export const strikes = file("../../node_modules/vega-datasets/data/birdstrikes.csv");
export const since = param(1990, { description: "the first year that counts" });
export const top = param(5, { description: "rows in each table of the report" });

export const clean = command(
  { strikes, since },
  ["python3", "scripts/clean.py", "{strikes}", "{table}", "--since={since}"],
  { outputs: { table: "out/strikes.tsv" } },
);

export const byPhase = command({ clean }, ["awk", "-v", "column=phase", "-f", "scripts/summary.awk", "{clean}"], {
  outputs: { summary: "out/by-phase.tsv" },
  stdout: "{summary}",
});

export const bySpecies = command({ clean }, ["awk", "-v", "column=species", "-f", "scripts/summary.awk", "{clean}"], {
  outputs: { summary: "out/by-species.tsv" },
  stdout: "{summary}",
});

export const report = command(
  { byPhase, bySpecies, top },
  ["./scripts/report.sh", "{top}", "{byPhase}", "{bySpecies}"],
  { outputs: { report: "out/report.md" }, stdout: "{report}" },
);
