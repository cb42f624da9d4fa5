import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Checkout } from "../../examples/dataflow/demo/checkout.ts";
import { steps } from "../../examples/dataflow/demo/steps.ts";
import { fetchText } from "../../examples/dataflow/lib/fetch-text.ts";
import { given } from "../../examples/dataflow/lib/given.ts";
import { fit, predict } from "../../examples/dataflow/lib/regression.ts";
import { features, regions } from "../../examples/dataflow/modules/features.ts";
import { predictions, surprises } from "../../examples/dataflow/modules/inference.ts";
import { amountPerCountry, amountPerRegion, processedData } from "../../examples/dataflow/modules/sales.ts";
import { model, score, split } from "../../examples/dataflow/modules/training.ts";

const address = "vega-datasets@3.2.1/data/gapminder-health-income.csv";

/** `sluice/dataflow` as its source stands in this repository. */
function linkSource(to: string): void {
  const entry = path.resolve(import.meta.dirname, "../../src/authoring/dataflow/index.ts");
  mkdirSync(to, { recursive: true });
  const exported = { ".": "./dataflow.js", "./dataflow": "./dataflow.js" };
  writeFileSync(path.join(to, "package.json"), JSON.stringify({ name: "sluice", type: "module", exports: exported }));
  writeFileSync(path.join(to, "dataflow.js"), `export * from ${JSON.stringify(pathToFileURL(entry).href)};\n`);
}

describe("the demo", () => {
  let checkout: Checkout;
  beforeAll(() => {
    checkout = Checkout.create(linkSource);
  });
  afterAll(() => checkout.remove());

  test("runs what each step has to run, and nothing else", { timeout: 240_000 }, () => {
    const said: (readonly string[])[] = [];
    for (const step of steps) {
      const { ran, lines } = checkout.act(step);
      expect(ran, step.what).toEqual(step.runs);
      said.push(lines);
    }
    // What is reused is what was made.
    for (const again of [1, 2, 4]) expect(said[again]).toEqual(said[0]);
    expect(said.at(-1)).toEqual(said.at(-2));
    const picture = readFileSync(path.join(checkout.folder, "out/training.svg"), "utf8");
    expect(picture).toContain("12 of 40 reused");
    expect(readFileSync(path.join(checkout.folder, "out/inference.svg"), "utf8")).toContain("predictions");
  });
});

test("its picture is the one in the documentation", { timeout: 60_000 }, () => {
  const fresh = Checkout.create(linkSource);
  try {
    const script = `import { training } from "./drivers.ts";
await using driver = training();
await driver.visualize({ path: "all.svg", title: "training" });
console.log("ran: ; reused: 0");`;
    writeFileSync(path.join(fresh.folder, "draw.ts"), script);
    fresh.act({ run: ["draw.ts"] });
    const pictures = path.resolve(import.meta.dirname, "../../docs/pictures");
    const drawn = readFileSync(path.join(fresh.folder, "all.svg"), "utf8");
    expect(drawn).toBe(readFileSync(path.join(pictures, "dataflow-all.svg"), "utf8"));
    expect(readFileSync(path.join(pictures, "dataflow-training.svg"), "utf8")).toContain("12 of 40 reused");
    expect(readFileSync(path.join(pictures, "dataflow-inference.svg"), "utf8")).toContain("3 ran, 3 reused");
  } finally {
    fresh.remove();
  }
});

describe("the functions, called by hand", () => {
  test("on the real data", async () => {
    const countries = processedData({ rawData: await fetchText(address) });
    expect(countries).toHaveLength(187);
    expect(countries.every(({ income, population, health }) => income > 0 && population > 0 && health > 40)).toBe(true);
    expect(countries.find(({ country }) => country === "Bahamas")).toBeDefined();
    expect(processedData({ rawData: await fetchText(address), least: 1e9 }).map(({ country }) => country)).toEqual([
      "China",
      "India",
    ]);
    const perCountry = amountPerCountry(countries);
    const perRegion = amountPerRegion(countries);
    expect(Object.keys(perCountry).slice(0, 2)).toEqual(["China", "United States"]);
    const sum = (amounts: Record<string, number>) => Object.values(amounts).reduce((a, b) => a + b, 0);
    expect(sum(perRegion)).toBeCloseTo(sum(perCountry), -6);
    const examples = features(countries, regions(countries));
    const { train, test: kept } = split(examples);
    expect(train.length + kept.length).toBe(187);
    const weights = model({ train });
    expect(score(weights, kept)).toBeGreaterThan(0.7);
    const said = predictions(examples, weights);
    expect(surprises({ predictions: said, top: 3 }).map(({ country }) => country)).toEqual([
      "Cape Verde",
      "Sao Tome and Principe",
      "Nicaragua",
    ]);
  });

  test("a regression finds what it was made from", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), (weights) => {
        const rows = Array.from({ length: 20 }, (_, i) => [i % 3, (i * 7) % 5]);
        const found = fit(
          rows,
          rows.map((row) => predict(weights, row)),
          0,
        );
        for (const [i, weight] of weights.entries()) expect(found[i]).toBeCloseTo(weight, 6);
      }),
    );
  });

  test("what is given is read, and what is not known refused", async () => {
    expect(given(["a=1", "b=2.5"], ["a", "b"])).toEqual({ a: 1, b: 2.5 });
    for (const wrong of ["c=1", "a=", "a=x", "a"]) expect(() => given([wrong], ["a", "b"])).toThrow(wrong);
    await expect(fetchText("vega-datasets@1.0.0/data/a.csv")).rejects.toThrow("3.2.1 is installed");
  });
});
