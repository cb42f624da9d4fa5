/** `12 ms`, `1.2 s`, `3 min 05 s`, `2 h 03 min`, `4 d 02 h`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1) return "<1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/**
 * `3 s`, `2 min 05 s`; empty below a second. For what is redrawn again and again: what changes ten times a second cannot be read.
 */
export function wholeSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "";
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** How long ago something was: `just now`, `3 min ago`, `2 d ago`. */
export function formatAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} d ago`;
}

const units = ["kB", "MB", "GB", "TB", "PB"];

/** `0 B`, `999 B`, `1.2 kB`, `34 MB`: powers of 1000. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `3,201`; what is no whole number is rounded to two places. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return String(Math.round(value * 100) / 100);
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 node`, `3,201 nodes`; the plural is the singular with an s unless given. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Whether a number of so many says no more than its percentage does. */
export function isShareOf(total: number): boolean {
  return total === 1 || total === 100;
}
