import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf, fromSystemError } from "../../src/core/failure.ts";
import { removeEntry } from "../../src/platform/files.ts";
import { hasStrace, straceArgs } from "../rig/strace.ts";

/* Errors that Node does not pass on as the system gives them. */

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "sluice-refusals-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a quota is no space, though Node has no name for it", () => {
  const error = Object.assign(new Error("Unknown system error -122"), {
    code: "Unknown system error -122",
    errno: -122,
  });
  expect(failureOf(fromSystemError(error, "writing a file"))?.reason).toBe("no-space");
});

test.each([
  ["EFBIG", "ulimit -f"],
  ["EMFILE", "ulimit -n"],
  ["ENFILE", "end some programs"],
  ["ENAMETOOLONG", "shorter name"],
  ["EBUSY", "another program"],
  ["EIO", "check the disk"],
  ["EISDIR", "move it away"],
])("%s is told with what to do", (code, hint) => {
  const error = Object.assign(new Error(code), { code });
  const told = failureOf(fromSystemError(error, "writing a file"));
  expect(told).toMatchObject({ reason: "io", message: `${code} while writing a file` });
  expect(told?.hint).toContain(hint);
});

test("a folder is removed with all that is in it, links not followed", () => {
  mkdirSync(path.join(dir, "a/b/c"), { recursive: true });
  mkdirSync(path.join(dir, "outside"));
  for (const file of ["a/x", "a/b/y", "a/b/c/z", "outside/kept"]) writeFileSync(path.join(dir, file), "");
  spawnSync("ln", ["-s", path.join(dir, "outside"), path.join(dir, "a/b/link")]);
  removeEntry(path.join(dir, "a"));
  expect(existsSync(path.join(dir, "a"))).toBe(false);
  expect(existsSync(path.join(dir, "outside/kept"))).toBe(true);
});

describe.skipIf(!hasStrace)("what the system says is what is told", () => {
  const module = pathToFileURL(path.resolve(import.meta.dirname, "../../src/platform/files.ts")).href;
  const reasons = { ENOSPC: "no-space", EDQUOT: "no-space", EIO: "io", EROFS: "read-only" };
  const refused = (call: string, error: string, code: string, when = "1+"): string => {
    const script = `import { ensureDir, ensureDirDurably, removeEntry } from ${JSON.stringify(module)};
      try { ${code} } catch (error) { console.log(error.reason ?? error.stack); }`;
    const fault = `${call}:error=${error}:when=${when}`;
    const calls = call.split(",");
    const args = [...straceArgs([fault], calls), process.execPath, "--input-type=module", "-e", script];
    return spawnSync("strace", args, {
      encoding: "utf8",
      cwd: dir,
      env: { ...process.env, NODE_COMPILE_CACHE: "" },
    }).stdout.trim();
  };

  test.each(Object.entries(reasons))("%s where a folder is made", (error, reason) => {
    expect(refused("mkdir", error, `ensureDir("x/y/z")`)).toBe(reason);
    expect(refused("mkdir", error, `await ensureDirDurably("x/y/z")`)).toBe(reason);
  });

  test.each(["1", "2", "3", "4", "5", "6"])(
    "a failure at time %s alone, which Node takes for another, is got over",
    (when) => {
      for (const make of ["ensureDir", "await ensureDirDurably"]) {
        expect(refused("mkdir", "EIO", `${make}("x/y/z"); console.log("made")`, when)).toBe("made");
        expect(existsSync(path.join(dir, "x/y/z"))).toBe(true);
        removeEntry(path.join(dir, "x"));
      }
    },
  );

  test.each(["EIO", "EROFS"] as const)("%s where a folder is removed", (error) => {
    mkdirSync(path.join(dir, "x/y"), { recursive: true });
    writeFileSync(path.join(dir, "x/y/z"), "");
    expect(refused("unlink,unlinkat,rmdir", error, `removeEntry("x")`)).toBe(reasons[error]);
  });
});
