import type { Cleaned, Film, Row, RuleCount } from "./film.ts";
import { rules } from "./rules.ts";

/** Reads the list and applies every rule in turn, counting what each one does. */
export function cleanFilms(list: unknown): Cleaned {
  const read = readRows(list);
  const counts: RuleCount[] = [];
  let rows: readonly Row[] = read;
  for (const { name, why, apply } of rules) {
    const after = apply(rows);
    const kept = after.filter((row) => row !== undefined);
    const dropped = rows.length - kept.length;
    const altered = after.filter((row, index) => row !== undefined && row !== rows[index]).length;
    counts.push({ rule: name, why, altered, dropped });
    rows = kept;
  }
  return { films: rows.map(asFilm), read: read.length, rules: counts };
}

/** The list's records under our names, as they are. */
export function readRows(list: unknown): Row[] {
  if (!Array.isArray(list)) throw new TypeError("the list of films is not a list");
  return list.map((record: Record<string, unknown>, index) => {
    const text = (field: string) => expect(record[field], "string", field, index);
    const number = (field: string) => expect(record[field], "number", field, index);
    return {
      title: typeof record.Title === "number" ? record.Title : text("Title"),
      released: text("Release Date"),
      genre: text("Major Genre"),
      distributor: text("Distributor"),
      budget: number("Production Budget"),
      usGross: number("US Gross"),
      worldGross: number("Worldwide Gross"),
      minutes: number("Running Time min"),
      rating: number("IMDB Rating"),
      votes: number("IMDB Votes"),
    };
  });
}

interface Types {
  string: string;
  number: number;
}

function expect<T extends keyof Types>(value: unknown, type: T, field: string, index: number): Types[T] | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== type) throw new TypeError(`record ${index}: ${field} is a ${typeof value}, not a ${type}`);
  return value as Types[T];
}

/** The rules promise this much of every row that is left. */
function asFilm(row: Row): Film {
  const { title, released } = row;
  if (typeof title !== "string" || !(released instanceof Date))
    throw new TypeError(`not clean: ${JSON.stringify(row)}`);
  return { ...row, title, released };
}
