import type { Row } from "./film.ts";

/** One thing that is wrong with the list, and what is done about it. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  /** The rows after the rule: the same object where nothing is wrong, undefined where a row is dropped. */
  readonly apply: (rows: readonly Row[]) => readonly (Row | undefined)[];
}

/** When the list was made: nothing later had been shown yet. */
const listEnds = new Date(Date.UTC(2010, 9, 1));
/** Films are announced two years ahead at most, so a later year is a two-digit year put in the wrong century. */
const lastAnnounced = 2012;
/** Minutes. */
const shortest = 40;
const longest = 500;

export const rules: readonly Rule[] = [
  {
    name: "no title",
    why: "a film that cannot be named is no use",
    apply: each((row) => (row.title === null ? undefined : row)),
  },
  {
    name: "numeric title",
    why: "300, 1408 and 2012 are titles, not numbers",
    apply: each((row) => (typeof row.title === "number" ? { ...row, title: String(row.title) } : row)),
  },
  {
    name: "garbled letters",
    why: "Latin-1 text was read as Mac Roman: AmÈlie is Amélie",
    apply: title((text) => text.replace(/[^ -~]/g, (letter) => macRoman[letter] ?? letter)),
  },
  {
    name: "article last",
    why: '"Secret, The" is filed so, but not called so',
    apply: title((text) => text.replace(/^(.*), (The|A|An)$/, "$2 $1")),
  },
  {
    name: "edition in title",
    why: '"(IMAX)", "(Canadian Release)" and "(1933)" are notes, not names',
    apply: title((text) => text.replace(/ \((IMAX|[A-Z]\w+ Release|(19|20)\d\d)\)$/, "")),
  },
  {
    name: "stray spaces",
    why: "two spaces, or one at an end",
    apply: title((text) => text.replace(/\s+/g, " ").trim()),
  },
  {
    name: "date as text",
    why: '"Jun 12 1998" is a day',
    apply: each((row) => (typeof row.released === "string" ? { ...row, released: parseDate(row.released) } : row)),
  },
  {
    name: "no date",
    why: "nothing can be said of a film without a year",
    apply: each((row) => (row.released === null ? undefined : row)),
  },
  {
    name: "wrong century",
    why: "The Birth of a Nation is of 1915, not of 2015",
    apply: released((date) => (date.getUTCFullYear() > lastAnnounced ? addYears(date, -100) : date)),
  },
  {
    name: "not yet shown",
    why: "announced when the list was made; it has no figures yet",
    apply: each((row) => (row.released instanceof Date && row.released >= listEnds ? undefined : row)),
  },
  {
    name: "listed twice",
    why: "one film under two editions; the one that earned more stays",
    apply: (rows) => {
      const kept = new Map<string, Row>();
      for (const row of rows) {
        const other = kept.get(identity(row));
        if (other === undefined || (row.worldGross ?? 0) > (other.worldGross ?? 0)) kept.set(identity(row), row);
      }
      return rows.map((row) => (kept.get(identity(row)) === row ? row : undefined));
    },
  },
  {
    name: "zero gross",
    why: "nobody sells no ticket at all: the figure is missing",
    apply: each((row) =>
      row.usGross === 0 || row.worldGross === 0
        ? { ...row, usGross: row.usGross || null, worldGross: row.worldGross || null }
        : row,
    ),
  },
  {
    name: "part above whole",
    why: "US gross is part of worldwide gross",
    apply: each((row) =>
      row.usGross !== null && row.worldGross !== null && row.usGross > row.worldGross
        ? { ...row, usGross: null, worldGross: null }
        : row,
    ),
  },
  {
    name: "borrowed gross",
    why: "two films do not earn the same to the dollar, and nobody knows whose it is",
    apply: shared(
      (row) =>
        row.worldGross !== null && row.worldGross % 1000 !== 0 ? `${row.usGross} ${row.worldGross}` : undefined,
      (row) => ({ ...row, usGross: null, worldGross: null }),
    ),
  },
  {
    name: "borrowed rating",
    why: "ratings were matched by title alone, so remakes share one",
    apply: shared(
      (row) => (row.rating !== null ? `${row.title} ${row.rating} ${row.votes}` : undefined),
      (row) => ({ ...row, rating: null, votes: null }),
    ),
  },
  {
    name: "no budget",
    why: "zero means unknown here too",
    apply: each((row) => (row.budget === 0 ? { ...row, budget: null } : row)),
  },
  {
    name: "impossible length",
    why: "too short or too long for a feature film",
    apply: each((row) =>
      row.minutes !== null && (row.minutes < shortest || row.minutes > longest) ? { ...row, minutes: null } : row,
    ),
  },
  {
    name: "unknown as a name",
    why: '"Distributor Unknown" is not a company',
    apply: each((row) => (row.distributor === "Distributor Unknown" ? { ...row, distributor: null } : row)),
  },
];

/** `Jun 12 1998`, as a day in UTC; null if there is no such day. */
export function parseDate(text: string): Date | null {
  const [, name = "", day, year] = /^([A-Z][a-z]{2}) (\d{1,2}) (\d{4})$/.exec(text) ?? [];
  const month = months.indexOf(name);
  const date = new Date(Date.UTC(Number(year), month, Number(day)));
  return month >= 0 && date.getUTCMonth() === month && date.getUTCDate() === Number(day) ? date : null;
}

/** A rule that looks at one row at a time. */
function each(change: (row: Row) => Row | undefined): Rule["apply"] {
  return (rows) => rows.map(change);
}

function title(change: (title: string) => string): Rule["apply"] {
  return each((row) => {
    if (typeof row.title !== "string") return row;
    const changed = change(row.title);
    return changed === row.title ? row : { ...row, title: changed };
  });
}

function released(change: (date: Date) => Date): Rule["apply"] {
  return each((row) => {
    if (!(row.released instanceof Date)) return row;
    const changed = change(row.released);
    return changed === row.released ? row : { ...row, released: changed };
  });
}

/** A rule about rows that have something in common that only one of them can have. */
function shared(mark: (row: Row) => string | undefined, change: (row: Row) => Row): Rule["apply"] {
  return (rows) => {
    const count = new Map<string | undefined, number>();
    for (const row of rows) count.set(mark(row), (count.get(mark(row)) ?? 0) + 1);
    return rows.map((row) => (mark(row) !== undefined && count.get(mark(row))! > 1 ? change(row) : row));
  };
}

function identity(row: Row): string {
  const year = row.released instanceof Date ? row.released.getUTCFullYear() : row.released;
  return `${String(row.title).toLowerCase()} ${year}`;
}

function addYears(date: Date, years: number): Date {
  return new Date(Date.UTC(date.getUTCFullYear() + years, date.getUTCMonth(), date.getUTCDate()));
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What the letters of the list stand for; those that are the same in both alphabets are left out. */
const macRoman: Readonly<Record<string, string>> = {
  "‡": "à",
  "·": "á",
  "‰": "ä",
  Ë: "è",
  È: "é",
  Í: "ê",
  Î: "ë",
  Û: "ó",
  Ù: "ô",
  "˘": "ù",
  Ω: "½",
  Ö: "…",
};
