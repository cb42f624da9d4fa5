import { statSync } from "node:fs";

/**
 * When a file was changed last, in milliseconds since 1970. One that was put in its place by renaming keeps the time of its content.
 * @throws what the file system throws
 */
export function lastChange(file: string): number {
  const { mtimeMs, ctimeMs } = statSync(file);
  return Math.max(mtimeMs, ctimeMs);
}

/**
 * Whether what was changed last at one time has changed since another, both in milliseconds since 1970. A time that is yet to come was
 * set by somebody, or by another clock: it tells of no change.
 */
export function isSince(changed: number, time: number): boolean {
  return changed > time && changed <= Date.now() + 1;
}
