import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isLong, tellFigures } from "./figures.ts";
import type { FullDisk } from "./full-disk.ts";

/*
 * A real file system without space, or without inodes: the run says so, gc works, and when there is space again, the next run
 * completes.
 */

const mayMount = process.platform === "linux" && spawnSync("unshare", ["--mount", "true"]).status === 0;

function onDisk(options: string): FullDisk {
  const dir = mkdtempSync(path.join(tmpdir(), "sluice-full-"));
  try {
    const script = path.join(import.meta.dirname, "full-disk.ts");
    const { stdout, stderr } = spawnSync("unshare", ["--mount", process.execPath, script, dir, options], {
      encoding: "utf8",
    });
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const sizes = isLong
  ? Array.from({ length: 24 }, (_, i) => `size=${24 + 24 * i}k`)
  : [`size=${4 * (8 + Math.floor(Math.random() * 120))}k`];
const inodes = isLong ? Array.from({ length: 24 }, (_, i) => `nr_inodes=${8 + i}`) : ["nr_inodes=16"];

describe.skipIf(!mayMount)(`a full disk${mayMount ? "" : " (mounting is not permitted: nothing was tried)"}`, () => {
  const figures = { "file systems": 0, "runs that had no space": 0 };
  afterAll(() => tellFigures("full disk", { ...figures, outcome: "each told, each next run completed" }));

  test.each([...sizes, ...inodes])("%s", { timeout: 120_000 }, (options) => {
    const { full, after, isRight, broken } = onDisk(options);
    expect(full.stderr).not.toMatch(/bug in Sluice/);
    expect([0, 1], full.stderr).toContain(full.code);
    if (full.code === 1) expect(full.stderr).toMatch(/no space left|cannot be read or written|cannot listen/);
    expect(after.code, after.stderr).toBe(0);
    expect(isRight).toBe(true);
    expect(broken).toEqual([]);
    figures["file systems"] += 1;
    if (full.code === 1) figures["runs that had no space"] += 1;
  });

  test("when not a byte is left, gc frees some", { timeout: 120_000 }, () => {
    const { full, gc, after, isRight, broken } = onDisk("full");
    expect([full.code, full.free], full.stderr).toEqual([1, 0]);
    expect(full.stderr).toMatch(/no space left/);
    expect(gc.code, gc.stderr).toBe(0);
    expect(JSON.parse(gc.stdout).blobs.count).toBeGreaterThan(0);
    expect(gc.free).toBeGreaterThan(0);
    expect([after.code, isRight], after.stderr).toEqual([0, true]);
    expect(broken).toEqual([]);
  });
});
