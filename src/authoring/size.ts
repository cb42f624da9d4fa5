/** A number of bytes, or a number with a unit (`"512MB"`, `"1.5GB"`): powers of 1000. */
export type Size = number | `${number}${"kB" | "MB" | "GB"}`;

const units: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 };

/** The bytes of a size, or undefined for what is none. Negative and infinite ones are none. */
export function bytesOfSize(size: unknown): number | undefined {
  if (typeof size === "number") return Number.isFinite(size) && size >= 0 ? size : undefined;
  if (typeof size !== "string") return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB)$/.exec(size.trim());
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}
