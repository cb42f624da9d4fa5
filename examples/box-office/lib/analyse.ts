import type { Analysis, Group, Release } from "./film.ts";

export interface Settings {
  /** How many rows the lists have. */
  readonly topN: number;
  /** US dollars: below it, a return says more about the accountant than about the film. */
  readonly minBudget: number;
}

/** The films by genre, distributor and year, and the best and worst returns on their budgets. */
export function analyseReleases(releases: readonly Release[], { topN, minBudget }: Settings): Analysis {
  const named = (name: "genre" | "distributor") =>
    groups(
      releases.filter((film) => film[name] !== "Unknown"),
      name,
    );
  const funded = releases.filter((film) => film.budget >= minBudget);
  return {
    films: releases.length,
    topN,
    minBudget,
    genres: named("genre").sort(descending((group) => group.medianMultiple)),
    distributors: named("distributor")
      .sort(descending((group) => group.gross))
      .slice(0, topN),
    years: groups(releases, "year").sort((a, b) => Number(a.name) - Number(b.name)),
    best: funded.toSorted(descending((film) => film.multiple)).slice(0, topN),
    worst: funded.toSorted(descending((film) => -film.profit)).slice(0, topN),
  };
}

/** The films that have the same value of a field, summed up; in the order in which the values come. */
export function groups(releases: readonly Release[], field: "genre" | "distributor" | "year"): Group[] {
  return [...Map.groupBy(releases, (film) => String(film[field]))].map(([name, films]) => ({
    name,
    films: films.length,
    gross: films.reduce((sum, film) => sum + film.gross, 0),
    medianBudget: median(films.map((film) => film.budget))!,
    medianGross: median(films.map((film) => film.gross))!,
    medianMultiple: median(films.map((film) => film.multiple))!,
    earnedBack: films.filter((film) => film.profit >= 0).length / films.length,
    medianMinutes: median(films.map((film) => film.minutes)),
    medianRating: median(films.map((film) => film.rating)),
  }));
}

/** The middle of the numbers that are there, or the mean of the two in the middle; null if there is none. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** The order from the greatest down; films that are equal stay in the list's order. */
function descending<T>(by: (item: T) => number): (a: T, b: T) => number {
  return (a, b) => by(b) - by(a);
}
