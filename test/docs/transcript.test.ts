import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { page, repository } from "./markdown.ts";
import { follow } from "./transcript.ts";

describe("what the documentation says that commands print", () => {
  test.each([
    "README.md",
    "docs/guides/getting-started.md",
    "docs/cli.md",
    "docs/design/code-versions.md",
    "docs/guides/compare-and-verify.md",
    "docs/guides/terminal.md",
    "docs/guides/undeclared-inputs.md",
    "docs/guides/explicit-cache.md",
    "docs/guides/map.md",
    "docs/guides/why.md",
    "docs/guides/cache.md",
    "docs/guides/threads.md",
    "docs/guides/shell.md",
    "docs/guides/dataflow.md",
    "docs/guides/hooks.md",
  ])("is what they print: %s", { timeout: 300_000 }, async (file) => {
    const steps = await follow(page(file));
    expect(steps.length).toBeGreaterThan(2);
    for (const { place, command, said, printed } of steps) expect(printed, `${place}: $ ${command}`).toBe(said);
  });

  test("is what they print, over an example: docs/guides/dataflow-tutorial.md", { timeout: 300_000 }, async () => {
    const tutorial = page("docs/guides/dataflow-tutorial.md");
    const steps = await follow(tutorial, "dataflow");
    expect(steps.length).toBeGreaterThan(10);
    for (const { place, command, said, printed } of steps) expect(printed, `${place}: $ ${command}`).toBe(said);
    // Code that it shows is code of the example.
    const folder = path.join(repository, "examples/dataflow");
    const sources = globSync("**/*.ts", { cwd: folder }).map((file) => readFileSync(path.join(folder, file), "utf8"));
    for (const { text, line } of tutorial.blocks.filter(({ language }) => language === "ts")) {
      expect(
        sources.some((source) => source.includes(text.trimEnd())),
        `the code at line ${line}`,
      ).toBe(true);
    }
  });

  test("is what they print, with Python: docs/guides/programs.md", { timeout: 300_000 }, async ({ skip }) => {
    skip(spawnSync("python3", ["--version"]).status !== 0, "python3 is not installed");
    const steps = await follow(page("docs/guides/programs.md"));
    expect(steps.length).toBeGreaterThan(2);
    for (const { place, command, said, printed } of steps) expect(printed, `${place}: $ ${command}`).toBe(said);
  });
});
