import { afterAll, expect, test } from "vitest";
import { Chance } from "./chance.ts";
import { compare, type Fault, noCounts } from "./comparison.ts";
import { generateProgram } from "./generator.ts";
import { randomEdit } from "./random-edits.ts";
import { inWords, shrink } from "./shrink.ts";
import { TruthProcess } from "./truth.ts";

/*
 * Random programs, random edits, and the truth from running both: no edit that changes what a stage gives may leave its
 * version as it was, and formatting, comments, types and unrelated declarations may move none. `SLUICE_LONG=1` makes
 * thousands; `SLUICE_SEED=n` starts elsewhere.
 */

const isLong = process.env.SLUICE_LONG === "1";
const programs = isLong ? 4000 : 200;
const first = Number(process.env.SLUICE_SEED ?? 1);

const truths = new TruthProcess();
afterAll(() => truths.end());

test("no edit that changes a value leaves the version as it was", {
  timeout: isLong ? 3_600_000 : 300_000,
}, async () => {
  const counts = noCounts();
  const faults: Fault[] = [];
  for (let seed = first; seed < first + programs && faults.length < 5; seed++)
    faults.push(...(await compare(seed, isLong ? 12 : 4, truths, counts)));
  const words: string[] = [];
  for (const fault of faults.slice(0, 3)) words.push(inWords(await shrink(fault, truths)));
  expect(words.join("\n\n")).toBe("");
  // That there was something to see.
  expect(counts.programs).toBeGreaterThan(programs / 2);
  expect(counts.changed).toBeGreaterThan(programs / 4);
  if (isLong) {
    const { moved, ...rest } = counts;
    console.log(rest);
    console.table(Object.fromEntries([...moved].sort()));
  }
});

test("the same seed makes the same program and the same edits", () => {
  for (let seed = first; seed < first + 20; seed++) {
    const program = generateProgram(seed);
    expect(generateProgram(seed)).toEqual(program);
    expect(randomEdit(program, new Chance(seed))).toEqual(randomEdit(program, new Chance(seed)));
  }
});
