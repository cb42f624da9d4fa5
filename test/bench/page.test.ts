import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fillPage, pictures, type Results } from "../../bench/page.ts";

const docs = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), "utf8");

test("the page and its pictures say what was measured", () => {
  const results = JSON.parse(docs("performance/results.json")) as Results;
  const page = docs("performance.md");
  expect(fillPage(page, results)).toBe(page);
  for (const [name, picture] of pictures(results)) expect(docs(`performance/${name}`)).toBe(picture);
});
