import { randomDigits } from "../platform/random-name.ts";

/** An id that sorts by time and can be read: `20261121-093015-c3f907` (UTC, then six random digits). */
export function newRunId(now: number): string {
  const [date, time] = new Date(now).toISOString().split("T");
  return `${date!.replaceAll("-", "")}-${time!.slice(0, 8).replaceAll(":", "")}-${randomDigits(6)}`;
}
