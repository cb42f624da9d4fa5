import { inspect } from "node:util";
import { isTable } from "../../store/tables/arrow-shape.ts";

/** The most characters of a short text. */
const longest = 80;
/** How much of a value is looked at for where it differs. */
const examined = 4000;

/** Two values that differ as short texts that show where they do. */
export function contrast(before: unknown, after: unknown): readonly [before: string, after: string] {
  if (typeof before === "string" && typeof after === "string") return contrastTexts(before, after);
  const [a, b] = [fullText(before), fullText(after)];
  const from = viewFrom(a, b);
  return [cut(a, from), cut(b, from)];
}

/** However far into them they differ. */
function contrastTexts(before: string, after: string): readonly [string, string] {
  const from = viewFrom(before, after);
  const shown = (text: string): string => {
    const end = from + longest - 4;
    const quoted = inspect(text.slice(from, end));
    return `${from > 0 ? "…" : ""}${cut(quoted, 0)}${end < text.length && quoted.length < longest ? "…" : ""}`;
  };
  return [shown(before), shown(after)];
}

/** From where on to show two texts: some of what is the same comes first, so that a reader knows where it is. */
function viewFrom(before: string, after: string): number {
  if (Math.max(before.length, after.length) <= longest - 2) return 0;
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  return Math.max(0, same - longest / 4);
}

/** A value as a short text on one line. */
export function brief(value: unknown): string {
  return cut(fullText(value), 0);
}

function fullText(value: unknown): string {
  if (isTable(value)) return `table of ${value.batches.reduce((rows, { data }) => rows + data.length, 0)} rows`;
  return inspect(value, {
    depth: 4,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    maxArrayLength: 100,
    maxStringLength: examined,
  });
}

function cut(text: string, from: number): string {
  const start = from === 0 ? "" : "…";
  const rest = text.slice(from);
  return rest.length + start.length <= longest ? start + rest : `${start}${rest.slice(0, longest - 1 - start.length)}…`;
}
