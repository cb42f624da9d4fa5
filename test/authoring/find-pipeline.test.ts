import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPipeline } from "../../src/authoring/find-pipeline.ts";
import { failureOf } from "../../src/core/failure.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-find-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), "");
  }
}

function failing(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

describe("findPipeline", () => {
  test.each([
    "pipeline.ts",
    "pipeline.mts",
    "pipeline.cts",
    "pipeline.tsx",
    "pipeline.js",
    "pipeline.mjs",
    "pipeline.cjs",
    "sluice.config.ts",
  ])("finds %s here and from below", (name) => {
    write(name, "a/b/c.txt");
    expect(findPipeline(root)).toBe(path.join(root, name));
    expect(findPipeline(path.join(root, "a/b"))).toBe(path.join(root, name));
  });

  test("takes the nearest, and in one folder pipeline.ts first", () => {
    write("pipeline.ts", "a/sluice.config.ts", "a/b/c.txt", "pipeline.js", "sluice.config.ts");
    expect(findPipeline(path.join(root, "a/b"))).toBe(path.join(root, "a/sluice.config.ts"));
    expect(findPipeline(root)).toBe(path.join(root, "pipeline.ts"));
  });

  test("a folder of that name is none", () => {
    write("pipeline.ts/x", "pipeline.js");
    expect(findPipeline(root)).toBe(path.join(root, "pipeline.js"));
  });

  test("takes the file or the folder that was given", () => {
    write("pipeline.ts", "other/flow.ts", "other/pipeline.mjs");
    expect(findPipeline(root, "other/flow.ts")).toBe(path.join(root, "other/flow.ts"));
    expect(findPipeline(root, "other")).toBe(path.join(root, "other/pipeline.mjs"));
    expect(findPipeline("/", path.join(root, "pipeline.ts"))).toBe(path.join(root, "pipeline.ts"));
  });

  test("says what to do when there is none", () => {
    write("empty/x", "other/flow.ts");
    expect(failing(() => findPipeline(path.join(root, "empty")))).toMatchObject({
      reason: "no-pipeline",
      hint: expect.stringContaining("sluice init"),
    });
    expect(failing(() => findPipeline(root, "other/flw.ts"))).toMatchObject({
      reason: "no-pipeline",
      message: "there is no file other/flw.ts",
      hint: "did you mean other/flow.ts?",
    });
    expect(failing(() => findPipeline(root, "empty"))).toMatchObject({ reason: "no-pipeline" });
    expect(failing(() => findPipeline(root, "no/such/file.ts"))).toMatchObject({ reason: "no-pipeline" });
  });
});
