/** `node bench/publish.ts`: puts the results of the last runs, of all sections, into docs/performance.md and its pictures. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillPage, pictures, type Results } from "./page.ts";

const own = fileURLToPath(new URL("results", import.meta.url));
const docs = fileURLToPath(new URL("../docs", import.meta.url));
const kept = join(docs, "performance", "results.json");

// Sections that were not run again keep their figures.
const results: Record<string, Results[string]> = existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : {};
for (const name of existsSync(own) ? readdirSync(own) : []) {
  const result = JSON.parse(readFileSync(join(own, name), "utf8")) as Results[string];
  results[result.section] = result;
}
mkdirSync(join(docs, "performance"), { recursive: true });
writeFileSync(kept, `${JSON.stringify(results)}\n`);
const page = join(docs, "performance.md");
writeFileSync(page, fillPage(readFileSync(page, "utf8"), results));
for (const [name, picture] of pictures(results)) writeFileSync(join(docs, "performance", name), picture);
