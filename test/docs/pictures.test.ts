import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";
import { page, repository } from "./markdown.ts";

describe("the picture of the example", () => {
  test("is what the guide's command makes", async () => {
    const command = "npx sluice graph --no-state -o ../../docs/pictures/box-office.svg";
    expect(page("docs/guides/pictures.md").text).toContain(`\n${command}\n`);
    const cwd = path.join(repository, "examples/box-office");
    const { finished } = rig.startProcess(process.execPath, [cli, "graph", "--no-state", "--format", "svg"], { cwd });
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync(path.join(repository, "docs/pictures/box-office.svg"), "utf8"));
  });

  test("has beside it what a run would do", () => {
    const plan = readFileSync(path.join(repository, "docs/pictures/box-office-plan.svg"), "utf8");
    expect(plan).toContain("param topN: 10 -&gt; 5");
    expect(plan).toContain("reused");
  });
});
