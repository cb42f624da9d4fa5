/** A number of bytes, or a number with a unit (`"512MB"`, `"1.5GB"`, `"2TB"`): powers of 1000. */
export type Size = number | `${number}${"kB" | "MB" | "GB" | "TB"}`;

const units: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** The bytes of a size, or undefined for what is none. Negative and infinite ones are none. */
export function bytesOfSize(size: unknown): number | undefined {
  if (typeof size === "number") return Number.isFinite(size) && size >= 0 ? size : undefined;
  if (typeof size !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)$/.exec(size.trim());
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}
