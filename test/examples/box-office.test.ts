import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Checkout, type RunReport, source } from "../../examples/box-office/demo/checkout.ts";
import { executed, reused, stages, steps } from "../../examples/box-office/demo/steps.ts";
import { analyseReleases, groups, median } from "../../examples/box-office/lib/analyse.ts";
import { lineChart } from "../../examples/box-office/lib/chart.ts";
import { cleanFilms, readRows } from "../../examples/box-office/lib/clean.ts";
import { fetchFile } from "../../examples/box-office/lib/fetch-file.ts";
import type { Row } from "../../examples/box-office/lib/film.ts";
import { dollars, renderChart, renderReport, table } from "../../examples/box-office/lib/report.ts";
import { parseDate, rules } from "../../examples/box-office/lib/rules.ts";
import { toReleases } from "../../examples/box-office/lib/transform.ts";

const address = "vega-datasets@3.2.1/data/movies.json";
const list: unknown = JSON.parse(await fetched(address));
const cleaned = cleanFilms(list);
const releases = toReleases(cleaned.films);
const settings = { topN: 10, minBudget: 100_000 };

async function fetched(from: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-test-"));
  try {
    await fetchFile(from, join(folder, "file"));
    return readFileSync(join(folder, "file"), "utf8");
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("download", () => {
  test("gives the file of the pinned version, and no other", async () => {
    expect(list).toHaveLength(3201);
    await expect(fetched("vega-datasets@1.0.0/data/movies.json")).rejects.toThrow("vega-datasets 3.2.1 is installed");
    await expect(fetched("no-such-package@1.0.0/a.json")).rejects.toThrow();
    await expect(fetched("vega-datasets/data/movies.json")).rejects.toThrow("not an address");
  });
});

describe("cleaning the real list", () => {
  test("counts what each rule did", () => {
    expect(cleaned.read).toBe(3201);
    expect(cleaned.films).toHaveLength(3196);
    expect(cleaned.rules.map(({ rule, altered, dropped }) => [rule, altered, dropped])).toEqual([
      ["no title", 0, 1],
      ["numeric title", 9, 0],
      ["garbled letters", 18, 0],
      ["article last", 4, 0],
      ["edition in title", 6, 0],
      ["stray spaces", 2, 0],
      ["date as text", 3200, 0],
      ["no date", 0, 0],
      ["wrong century", 22, 0],
      ["not yet shown", 0, 3],
      ["listed twice", 0, 1],
      ["zero gross", 63, 0],
      ["part above whole", 0, 0],
      ["borrowed gross", 2, 0],
      ["borrowed rating", 46, 0],
      ["no budget", 0, 0],
      ["impossible length", 0, 0],
      ["unknown as a name", 1, 0],
    ]);
  });

  test("leaves only what is possible", () => {
    for (const { title, released, budget, usGross, worldGross, minutes } of cleaned.films) {
      expect(title.trim()).not.toBe("");
      expect(released.getUTCFullYear()).toBeGreaterThanOrEqual(1915);
      expect(released.getUTCFullYear()).toBeLessThanOrEqual(2010);
      for (const amount of [budget, usGross, worldGross, minutes])
        if (amount !== null) expect(amount).toBeGreaterThan(0);
      if (usGross !== null && worldGross !== null) expect(usGross).toBeLessThanOrEqual(worldGross);
    }
  });

  test("has nothing left to do on what is clean", () => {
    for (const { name, apply } of rules) {
      const again = apply(cleaned.films);
      expect([name, again.filter((film, index) => film !== cleaned.films[index])]).toEqual([name, []]);
    }
  });

  test("does not alter the rows that it is given", () => {
    const rows = readRows(list);
    const copy = structuredClone(rows);
    for (const { apply } of rules) apply(rows);
    expect(rows).toEqual(copy);
  });

  test("gives remakes their own century and the right letters", () => {
    const found = (title: string) => cleaned.films.filter((film) => film.title === title);
    expect(found("Ben-Hur").map((film) => film.released.toISOString().slice(0, 10))).toEqual([
      "1925-12-30",
      "1959-11-18",
    ]);
    expect(found("King Kong").map((film) => film.released.getUTCFullYear())).toEqual([1933, 1976, 2005]);
    expect(found("Le Fabuleux destin d'Amélie Poulain")).toHaveLength(1);
    expect(found("Alien³")).toHaveLength(1);
    expect(found("Fantasia 2000").map((film) => film.worldGross)).toEqual([60507228]);
  });

  test("refuses a list that is not one", () => {
    expect(() => cleanFilms({})).toThrow("not a list");
    expect(() => cleanFilms([{ Title: "A", "US Gross": "12" }])).toThrow(
      "record 0: US Gross is a string, not a number",
    );
  });
});

describe("each rule", () => {
  const row: Row = {
    title: "A Film",
    released: new Date(Date.UTC(2001, 4, 6)),
    genre: "Drama",
    distributor: "MGM",
    budget: 1_000_001,
    usGross: 1_000_001,
    worldGross: 2_000_001,
    minutes: 90,
    rating: 6.5,
    votes: 100,
  };
  const day = (year: number, month: number, date: number) => new Date(Date.UTC(year, month - 1, date));

  test.for<[rule: string, before: Partial<Row>, after: Partial<Row> | undefined]>([
    ["no title", { title: null }, undefined],
    ["numeric title", { title: 300 }, { title: "300" }],
    ["garbled letters", { title: "DÈj‡ Vu" }, { title: "Déjà Vu" }],
    ["article last", { title: "Secret, The" }, { title: "The Secret" }],
    ["edition in title", { title: "Steal (Canadian Release)" }, { title: "Steal" }],
    ["stray spaces", { title: " Halloween:  4 " }, { title: "Halloween: 4" }],
    ["date as text", { released: "Dec 13 2002" }, { released: day(2002, 12, 13) }],
    ["date as text", { released: "Feb 30 2002" }, { released: null }],
    ["no date", { released: null }, undefined],
    ["wrong century", { released: day(2046, 12, 31) }, { released: day(1946, 12, 31) }],
    ["not yet shown", { released: day(2010, 10, 1) }, undefined],
    ["zero gross", { usGross: 0 }, { usGross: null }],
    ["zero gross", { usGross: 0, worldGross: 0 }, { usGross: null, worldGross: null }],
    ["part above whole", { usGross: 2_000_002 }, { usGross: null, worldGross: null }],
    ["no budget", { budget: 0 }, { budget: null }],
    ["impossible length", { minutes: 39 }, { minutes: null }],
    ["impossible length", { minutes: 501 }, { minutes: null }],
    ["unknown as a name", { distributor: "Distributor Unknown" }, { distributor: null }],
  ])("%s: %o", ([rule, before, after]) => {
    expect(applied(rule, [{ ...row, ...before }])).toEqual([after && { ...row, ...before, ...after }]);
  });

  test.for<[rule: string, kept: Partial<Row>]>([
    ["article last", { title: "Me, Myself & Irene" }],
    ["edition in title", { title: "Y Tu Mama Tambien (And Your Mother Too)" }],
    ["garbled letters", { title: "Ri¢hie Ri¢h" }],
    ["wrong century", { released: day(2012, 1, 1) }],
    ["not yet shown", { released: day(2010, 9, 30) }],
    ["part above whole", { usGross: null }],
    ["impossible length", { minutes: 40 }],
    ["impossible length", { minutes: 500 }],
  ])("%s keeps %o", ([rule, kept]) => {
    const rows = [{ ...row, ...kept }];
    expect(applied(rule, rows)[0]).toBe(rows[0]);
  });

  test.for(rules.map(({ name }) => name))("%s leaves a sound row alone", (rule) => {
    const rows = [row, { ...row, title: "Another", worldGross: 3_000_001 }];
    expect(applied(rule, rows)).toEqual(rows);
  });

  test("listed twice keeps the one that earned more, wherever it stands", () => {
    const [low, high] = [row, { ...row, title: "a film", worldGross: 3_000_000 }];
    const other = { ...row, released: day(1950, 1, 1) };
    expect(applied("listed twice", [low, high, other])).toEqual([undefined, high, other]);
    expect(applied("listed twice", [high, other, low])).toEqual([high, other, undefined]);
  });

  test("borrowed figures are nobody's, round ones may be shared", () => {
    const other = { ...row, title: "Another" };
    const without = { usGross: null, worldGross: null };
    expect(applied("borrowed gross", [row, other])).toEqual([
      { ...row, ...without },
      { ...other, ...without },
    ]);
    const round = [
      { ...row, worldGross: 2_000_000 },
      { ...other, worldGross: 2_000_000 },
    ];
    expect(applied("borrowed gross", round)).toEqual(round);
    const unrated = { rating: null, votes: null };
    expect(applied("borrowed rating", [row, { ...row }, other])).toEqual([
      { ...row, ...unrated },
      { ...row, ...unrated },
      other,
    ]);
  });

  function applied(name: string, rows: readonly Row[]) {
    return rules.find((rule) => rule.name === name)!.apply(rows);
  }
});

test("parseDate reads every day of the calendar, and nothing else", () => {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 9999 }),
      fc.integer({ min: 0, max: 11 }),
      fc.integer({ min: 0, max: 99 }),
      (year, month, day) => {
        const exists = day >= 1 && day <= new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
        const text = `${months[month]} ${String(day).padStart(2, "0")} ${year}`;
        expect(parseDate(text)?.getTime() ?? null).toBe(exists ? Date.UTC(year, month, day) : null);
      },
    ),
  );
  for (const text of ["", "1998", "jun 12 1998", "Jun 12 98", "12 Jun 1998", "Jun 12 1998 "])
    expect(parseDate(text)).toBeNull();
});

describe("analysis", () => {
  test("median is the middle of what is there", () => {
    expect([median([]), median([null]), median([3, null, 1]), median([4, 1, 3, 2])]).toEqual([null, null, 2, 2.5]);
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values)!;
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test("groups share out every film and every dollar", () => {
    const gross = releases.reduce((sum, film) => sum + film.gross, 0);
    for (const field of ["genre", "distributor", "year"] as const) {
      const parts = groups(releases, field);
      expect(parts.reduce((sum, group) => sum + group.films, 0)).toBe(releases.length);
      expect(parts.reduce((sum, group) => sum + group.gross, 0)).toBe(gross);
    }
  });

  test("finds what is known of these films", () => {
    expect(releases).toHaveLength(3142);
    const { best, worst, distributors, genres } = analyseReleases(releases, settings);
    expect(best.slice(0, 3).map((film) => film.title)).toEqual([
      "Mad Max",
      "The Blair Witch Project",
      "Night of the Living Dead",
    ]);
    expect(worst[0]).toMatchObject({ title: "Town & Country", profit: 10364769 - 105000000 });
    expect(distributors[0]).toMatchObject({ name: "Warner Bros.", films: 316 });
    expect(genres.map(({ name }) => name)).not.toContain("Unknown");
  });

  test("topN and minBudget bound the lists", () => {
    for (const topN of [1, 5, 25]) {
      const { best, worst, distributors } = analyseReleases(releases, { topN, minBudget: 1e6 });
      expect([best.length, worst.length, distributors.length]).toEqual([topN, topN, topN]);
      for (const film of [...best, ...worst]) expect(film.budget).toBeGreaterThanOrEqual(1e6);
    }
  });
});

describe("report", () => {
  const analysis = analyseReleases(releases, settings);

  test("fills every place of the template", () => {
    const template = readFileSync(new URL("../../examples/box-office/template.md", import.meta.url), "utf8");
    const report = renderReport(template, cleaned, analysis);
    expect(report).not.toMatch(/\{\{|undefined|NaN|Infinity/);
    expect(report).toContain("Of 3201 films in the list, 3196 are left after cleaning");
    expect(report).toContain("| Mad Max ");
  });

  test("refuses a place that it does not know", () => {
    expect(() => renderReport("{{toString}}", cleaned, analysis)).toThrow("{{toString}}");
  });

  test("takes nothing in the data for a pattern of its own", () => {
    const odd = { ...analysis, best: [{ ...releases[0]!, title: "$& {{topN}} | x" }] };
    expect(renderReport("{{best}}", cleaned, odd)).toContain("$& {{topN}} \\| x");
  });

  test("tables are as wide as what they hold, numbers to the right", () => {
    expect(
      table(
        ["Name", "N"],
        [
          ["a", 1],
          ["longer", 22],
        ],
      ),
    ).toBe(["| Name   |   N |", "|--------|----:|", "| a      |   1 |", "| longer |  22 |"].join("\n"));
  });

  test.for([
    [0, "$0"],
    [218, "$218"],
    [-94_635_231, "-$94.6 m"],
    [100_000, "$100 k"],
    [999_950, "$1.0 m"],
    [2_767_891_499, "$2.8 bn"],
  ] as const)("%d is %s", ([amount, text]) => {
    expect(dollars(amount)).toBe(text);
  });

  test("the chart is the same every time, and holds what it is given", () => {
    const chart = renderChart(analysis);
    expect(renderChart(structuredClone(analysis))).toBe(chart);
    expect(chart.match(/<polyline/g)).toHaveLength(2);
    expect(chart).not.toMatch(/NaN|undefined|Infinity/);
    const hostile = lineChart({
      title: "<script>",
      subtitle: "a & b",
      step: [1, 1],
      series: [{ label: '"', color: "red", points: [[1, 1]] }],
    });
    expect(hostile).not.toContain("<script>");
    expect(hostile).toContain("a &amp; b");
  });
});

describe("the demo, through the command line", () => {
  const checkout = Checkout.create(source);
  const reports = new Map<string, RunReport>();
  afterAll(() => checkout.remove());

  // One after the other: each step starts from what the steps before it left.
  test.for(steps.map((step) => [step.what, step] as const))("%s", { timeout: 120_000 }, async ([what, step]) => {
    const report = await step.act(checkout);
    reports.set(what, report);
    expect(report.status).toBe("ok");
    expect(executed(report)).toEqual(step.runs);
    expect(reused(report)).toEqual(stages.filter((name) => !step.runs.includes(name)));
  });

  test("says why each stage ran", () => {
    const reasons = (what: string, node: string) => reports.get(what)!.nodes[node]!.reasons;
    for (const name of stages)
      expect(reasons("first run", name)).toEqual([expect.objectContaining({ kind: "first-run" })]);
    expect(reasons("a parameter: --set topN=5", "analyse")).toEqual([
      expect.objectContaining({ kind: "param", name: "topN", before: "10", after: "5" }),
    ]);
    expect(reasons("a parameter: --set topN=5", "report")).toEqual([
      expect.objectContaining({ kind: "input", name: "analyse" }),
    ]);
    expect(reasons("a word of the template", "report")).toEqual([expect.objectContaining({ kind: "file" })]);
    expect(reasons("a cleaning rule, altering no film", "clean")).toEqual([
      expect.objectContaining({ kind: "code", name: "longest", file: "lib/rules.ts" }),
    ]);
  });

  test("leaves the report and the chart where they belong", () => {
    expect(checkout.read("out/report.md")).toContain("## Heaviest losses");
    expect(checkout.read("out/chart.svg")).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(JSON.parse(checkout.read("out/movies.json"))).toEqual(list);
  });
});

describe("what is written about the example", () => {
  const text = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

  test("its README counts what the rules count", () => {
    const lines = text("examples/box-office/README.md").split("\n");
    const rows = lines.map((line) => line.split("|").map((cell) => cell.trim())).filter((cells) => cells.length === 6);
    const counts = rows
      .slice(2)
      .map(([, rule, altered, dropped, why]) => [rule, Number(altered), Number(dropped), why]);
    expect(counts).toEqual(cleaned.rules.map(({ rule, altered, dropped, why }) => [rule, altered, dropped, why]));
  });

  test("the guide shows the pipeline as it is, and the demo's rows", () => {
    const guide = text("docs/guides/box-office.md");
    expect(guide).toContain(`\`\`\`ts pipeline.ts\n${text("examples/box-office/pipeline.ts")}\`\`\``);
    const rows = [...guide.matchAll(/^✓ (.+?) {2,}(\d) +(\d) /gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(
      steps.map(({ what, runs }) => [what, String(runs.length), String(stages.length - runs.length)]),
    );
  });
});
