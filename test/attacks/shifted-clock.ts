import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Ten years, in seconds. */
export const tenYears = 10 * 365 * 86_400;

let library: string | undefined;

/** A library that shifts the clock of a program that is started with it; undefined where it cannot be made. */
function shiftedClock(): string | undefined {
  if (process.platform !== "linux") return undefined;
  if (library !== undefined) return library;
  const made = path.join(mkdtempSync(path.join(tmpdir(), "sluice-clock-")), "clock.so");
  const source = path.join(import.meta.dirname, "shifted-clock.c");
  const compiled = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"]);
  if (compiled.status !== 0) return undefined;
  library = made;
  return made;
}

/**
 * The environment of a program whose clock is off; undefined where that cannot be had.
 * @param by seconds that it is ahead
 * @param back seconds that it is set back, once the program has run for `after` milliseconds
 */
export function clockOff(by: number, back = 0, after = 0): Record<string, string> | undefined {
  const made = shiftedClock();
  return made === undefined ? undefined : { LD_PRELOAD: made, SHIFT: `${by}`, BACK: `${back}`, AFTER: `${after}` };
}
