/** A span of time: milliseconds, or a number with a unit (`"30s"`, `"1.5h"`). */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d" | "w"}`;

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** The milliseconds of a duration, or undefined for what is none. Negative and infinite ones are none. */
export function milliseconds(duration: unknown): number | undefined {
  if (typeof duration === "number") return Number.isFinite(duration) && duration >= 0 ? duration : undefined;
  if (typeof duration !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(duration.trim());
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}
