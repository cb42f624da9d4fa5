import type { Film, Release } from "./film.ts";

/** The films whose budget and worldwide gross are known, with what they earned. */
export function toReleases(films: readonly Film[]): Release[] {
  return films.flatMap(({ title, released, genre, distributor, budget, worldGross, minutes, rating }) => {
    if (budget === null || worldGross === null) return [];
    return {
      title,
      year: released.getUTCFullYear(),
      genre: genre ?? "Unknown",
      distributor: distributor === null ? "Unknown" : (owners[distributor] ?? distributor),
      budget,
      gross: worldGross,
      profit: worldGross - budget,
      multiple: worldGross / budget,
      minutes,
      rating,
    };
  });
}

/** Labels that are the same company under another name on the poster. */
const owners: Readonly<Record<string, string>> = {
  "Focus/Rogue Pictures": "Focus Features",
  "IFC First Take": "IFC Films",
  "Miramax/Dimension": "Miramax",
  "Sony/Columbia": "Sony Pictures",
  "Sony/Screen Gems": "Sony Pictures",
  "Sony/TriStar": "Sony Pictures",
  "Weinstein/Dimension": "Weinstein Co.",
};
