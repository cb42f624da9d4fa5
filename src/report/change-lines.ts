import { sanitize } from "../text/sanitize.ts";
import type { Style } from "./style.ts";
import { displayWidth, truncate } from "./width.ts";

export interface DifferenceLinesOptions {
  readonly style: Style;
  /** Columns of the terminal; Infinity for none. */
  readonly columns: number;
}

/** `~ name: before -> after`, on three lines where it does not fit on one. */
export function changeLines(
  name: string,
  before: string | undefined,
  after: string | undefined,
  { style, columns }: DifferenceLinesOptions,
): string[] {
  const fit = (text: string): string => truncate(text, columns);
  const [was, is] = [before && sanitize(before), after && sanitize(after)];
  if (was === undefined && is === undefined) return [`${style.warn("~")} ${truncate(name, columns - 2)}`];
  if (was === undefined) return [style.good(fit(`+ ${name}: ${is}`))];
  if (is === undefined) return [style.bad(fit(`- ${name}: ${was}`))];
  const line = `${name}: ${was} -> ${is}`;
  if (displayWidth(line) + 2 <= Math.min(columns, 120)) {
    return [`${style.warn("~")} ${name}: ${style.bad(was)} -> ${style.good(is)}`];
  }
  return [
    `${style.warn("~")} ${truncate(`${name}:`, columns - 2)}`,
    style.bad(fit(`    - ${was}`)),
    style.good(fit(`    + ${is}`)),
  ];
}
