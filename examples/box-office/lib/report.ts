import { lineChart } from "./chart.ts";
import type { Analysis, Cleaned, Group, Release } from "./film.ts";

/** The report: the template with the numbers and tables in place of its `{{names}}`. */
export function renderReport(template: string, { read, films, rules }: Cleaned, analysis: Analysis): string {
  const known: Readonly<Record<string, string | number>> = {
    read,
    kept: films.length,
    measured: analysis.films,
    topN: analysis.topN,
    minBudget: dollars(analysis.minBudget),
    rules: table(
      ["Rule", "Altered", "Dropped", "Why"],
      [...rules.map(({ rule, altered, dropped, why }) => [rule, altered, dropped, why])],
    ),
    genres: groupTable("Genre", analysis.genres),
    distributors: groupTable("Distributor", analysis.distributors),
    years: groupTable("Year", analysis.years.filter(({ films }) => films >= 10).slice(-analysis.topN)),
    best: releaseTable(analysis.best),
    worst: releaseTable(analysis.worst),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (!Object.hasOwn(known, name))
      throw new Error(`the template asks for {{${name}}}, which the report does not have`);
    return String(known[name]);
  });
}

/** What a typical film cost and earned, year by year, as far as there are enough films to have a typical one. */
export function renderChart({ years }: Analysis): string {
  const solid = years.filter(({ films, name }) => films >= 10 && Number(name) >= 1980);
  const line = (label: string, color: string, value: (group: Group) => number) => ({
    label,
    color,
    points: solid.map((group) => [Number(group.name), value(group) / 1e6] as const),
  });
  return lineChart({
    title: "What a film costs, and what it earns",
    subtitle: "Median of the films of a year, in millions of dollars, not adjusted for inflation",
    step: [5, 10],
    series: [
      line("Worldwide gross", "#1f6f8b", (group) => group.medianGross),
      line("Budget", "#c8553d", (group) => group.medianBudget),
    ],
  });
}

function groupTable(name: string, groups: readonly Group[]): string {
  return table(
    [name, "Films", "Gross", "Median budget", "Median gross", "Median return", "Earned back", "Minutes", "Rating"],
    groups.map((group) => [
      group.name,
      group.films,
      dollars(group.gross),
      dollars(group.medianBudget),
      dollars(group.medianGross),
      times(group.medianMultiple),
      `${Math.round(group.earnedBack * 100)}%`,
      group.medianMinutes ?? "",
      group.medianRating?.toFixed(1) ?? "",
    ]),
  );
}

function releaseTable(releases: readonly Release[]): string {
  return table(
    ["Film", "Year", "Budget", "Gross", "Profit", "Return"],
    releases.map((film) => [
      film.title,
      film.year,
      dollars(film.budget),
      dollars(film.gross),
      dollars(film.profit),
      times(film.multiple),
    ]),
  );
}

/** A Markdown table with its columns padded, so that it reads as well in a terminal; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) => row.map((cell) => String(cell).replaceAll("|", "\\|")));
  const widths = head.map((name, column) => Math.max(3, name.length, ...text.map((row) => row[column]!.length)));
  const isNumber = head.map((_, column) => text.every((row) => /^-?[$\d]|^$/.test(row[column]!)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (isNumber[column] ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  return [line(head), rule, ...text.map(line)].join("\n");
}

/** `$1.8 bn`, `$12.5 m`, `$218`: three digits or so. */
export function dollars(amount: number): string {
  const size = Math.abs(amount);
  const units = [
    [1e9, " bn"],
    [1e6, " m"],
    [1e3, " k"],
  ] as const;
  const [unit, name] = units.find(([unit]) => size >= unit * 0.9995) ?? [1, ""];
  const scaled = size / unit;
  return `${amount < 0 ? "-" : ""}$${scaled.toFixed(unit > 1 && scaled < 99.95 ? 1 : 0)}${name}`;
}

function times(multiple: number): string {
  return `${multiple.toFixed(multiple < 10 ? 2 : 0)}x`;
}
