/** Clocks that are a little apart, or were set meanwhile. */
const slackMs = 2_000;

const { now } = Date;
const { getTime } = Date.prototype;
const startedMs = now() - process.uptime() * 1_000;

/**
 * Whether a date is one of the life of this process: then it was most likely made by reading the clock, for which there is no
 * way to tell otherwise.
 */
export function isCurrentDate(date: Date): boolean {
  const time = getTime.call(date);
  return time >= startedMs - slackMs && time <= now() + slackMs;
}

/**
 * Whether a value is or holds a date of the life of this process: in arrays, plain objects, maps and sets, at any depth. A
 * graph with such a value was made by looking at the clock, without a call that could be watched: `{ since: new Date() }`.
 */
export function holdsClock(value: unknown): boolean {
  const seen = new Set<unknown>([value]);
  // A set gives what is added while it is walked.
  for (const part of seen) {
    if (part === null || typeof part !== "object") continue;
    if (part instanceof Date) {
      if (isCurrentDate(part)) return true;
    } else for (const inner of innerOf(part)) if (inner !== null && typeof inner === "object") seen.add(inner);
  }
  return false;
}

function innerOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (ArrayBuffer.isView(value)) return [];
  // Getters are the author's code, which nobody asked to run.
  return Object.values(Object.getOwnPropertyDescriptors(value)).map((descriptor) => descriptor.value as unknown);
}
