import { describe, expect, test } from "vitest";
import type { CodePart } from "../../src/core/code-part.ts";
import { digestOf } from "../../src/core/digest.ts";
import { codeReason, compareCode } from "../../src/run/explain/code-change.ts";
import { explainCode } from "../../src/run/explain/explained-code.ts";
import { importPaths } from "../../src/run/explain/import-path.ts";

function part(name: string, file: string, text: string, over: Partial<CodePart> = {}): CodePart {
  return { kind: "declaration", name, file, line: 1, digest: digestOf(text), text, ...over };
}

function library(name: string): CodePart {
  return { kind: "package", name, digest: digestOf(name) };
}

describe("what changed between two versions of code", () => {
  const told = (before: readonly CodePart[], after: readonly CodePart[]) =>
    compareCode(before, after).map(({ part: { name, file }, change, was }) => [change, name, file, was?.file]);

  test("names each part that was added, removed or changed, and no other", () => {
    const kept = part("kept", "a.ts", "1");
    const before = [kept, part("gone", "a.ts", "2"), part("edited", "a.ts", "3")];
    const after = [{ ...kept, line: 9 }, part("edited", "a.ts", "4"), part("fresh", "a.ts", "5")];
    expect(told(before, after)).toEqual([
      ["changed", "edited", "a.ts", "a.ts"],
      ["added", "fresh", "a.ts", undefined],
      ["removed", "gone", "a.ts", undefined],
    ]);
  });

  test("takes a declaration in another file for one that moved, or that changed on the way", () => {
    expect(told([part("f", "a.ts", "1")], [part("f", "b.ts", "1")])).toEqual([["moved", "f", "b.ts", "a.ts"]]);
    expect(told([part("f", "a.ts", "1")], [part("f", "b.ts", "2")])).toEqual([["changed", "f", "b.ts", "a.ts"]]);
    // two that may be it: nobody knows which
    const two = [part("f", "b.ts", "1"), part("f", "c.ts", "1")];
    expect(told([part("f", "a.ts", "1")], two).map(([change]) => change)).toEqual(["added", "added", "removed"]);
  });

  test("tells a package by its versions, and a captured variable by its values", () => {
    const [change, ...more] = compareCode([library("@scope/zod@3.1.0")], [library("@scope/zod@3.2.0")]);
    expect(more).toEqual([]);
    expect(codeReason(change!)).toMatchObject({ name: "@scope/zod", before: "3.1.0", after: "3.2.0" });
    const captured = (value: string) => part("rate", "p.ts", value, { kind: "captured", value });
    expect(codeReason(compareCode([captured("2")], [captured("3")])[0]!)).toMatchObject({ before: "2", after: "3" });
  });

  test("keeps parts of the same name apart by their order", () => {
    const args = (...texts: string[]) => texts.map((text) => part("make", "p.ts", text, { own: true }));
    expect(told(args("1", "2"), args("1", "3"))).toEqual([["changed", "make", "p.ts", "p.ts"]]);
    expect(told(args("1", "2"), args("1"))).toEqual([["removed", "make", "p.ts", undefined]]);
  });
});

describe("the way from a stage to a part of its code", () => {
  const own = part("report", "p.ts", "own", { own: true, uses: ["a.ts#render", "zod#z"] });
  const render = part("render", "a.ts", "render", { uses: ["b.ts#*", "rates.json#"] });
  const money = part("money", "b.ts", "money", { uses: ["a.ts#render"] });
  const setUp = part("money.digits =", "b.ts", "set", { kind: "module", uses: ["b.ts#money", "c.ts#two"] });
  const two = part("two", "c.ts", "2");
  const rates = part("rates.json", "rates.json", "{}", { kind: "file" });
  const lost = part("lost", "z.ts", "lost");
  const parts = [render, two, setUp, money, own, rates, lost, library("zod@3.0.0"), library("other@1.0.0")];
  const names = (to: CodePart) => importPaths(parts)(to)?.map(({ name }) => name);

  test("is the shortest one, through cycles, whole modules, files and packages", () => {
    expect(names(own)).toEqual(["report"]);
    expect(names(money)).toEqual(["report", "render", "money"]);
    expect(names(rates)).toEqual(["report", "render", "rates.json"]);
    expect(names(parts[7]!)).toEqual(["report", "zod@3.0.0"]);
  });

  test("leads over what a statement changes, and on from there", () => {
    const aside = [own, part("render", "a.ts", "render", { uses: ["b.ts#money"] }), money, setUp, two];
    const path = importPaths(aside);
    expect(path(setUp)?.map(({ name }) => name)).toEqual(["report", "render", "money", "money.digits ="]);
    expect(path(two)?.at(-2)).toBe(setUp);
  });

  test("is not known for what nothing leads to", () => {
    expect(names(lost)).toBeUndefined();
    expect(names(parts[8]!)).toBeUndefined();
  });
});

test("a long chain and many parts are walked without recursion, in time that grows with them", () => {
  const chain = Array.from({ length: 20_000 }, (_, i) =>
    part(`f${i}`, "a.ts", String(i), { uses: [`a.ts#f${i + 1}`] }),
  );
  const own = part("report", "p.ts", "own", { own: true, uses: ["a.ts#f0"] });
  expect(importPaths([own, ...chain])(chain.at(-1)!)).toHaveLength(20_001);
});

describe("how code differs", () => {
  const explain = async (was: CodePart, now: CodePart) => (await explainCode([was], [now], () => undefined))[0]!;

  test("is told by the lines that were edited", async () => {
    const was = part("f", "a.ts", "function f() {\n  return 1;\n}");
    const { difference, before, after } = await explain(was, part("f", "a.ts", "function f() {\n  return 2;\n}"));
    const lines = difference!.hunks.flatMap((hunk) => hunk.lines).filter(({ change }) => change !== "same");
    expect(lines.map(({ change, text }) => `${change} ${text}`)).toEqual(["removed   return 1;", "added   return 2;"]);
    expect([before, after]).toEqual([was.text, "function f() {\n  return 2;\n}"]);
  });

  test("is told by where its names lead, if the text is the same", async () => {
    const was = part("f", "a.ts", "g()", { uses: ["b.ts#g"] });
    const now = { ...was, digest: digestOf("other"), uses: ["c.ts#g"] };
    const { note, difference } = await explain(was, now);
    expect(note).toBe("its text is the same, but it leads no longer to b.ts#g, but to c.ts#g");
    expect(difference).toBeUndefined();
  });

  test("is not told where a text is too long", async () => {
    const { text, ...long } = part("f", "a.ts", "1", { textLength: 200_000 });
    const { note } = await explain(long, part("f", "a.ts", "2"));
    expect(note).toBe("its text is too long to compare: 200000 characters");
  });
});
