/** What the people of each country can spend in a year: the market that a seller would look at. */
import { cached } from "sluice/dataflow";
import { fetchText } from "../lib/fetch-text.ts";

export interface Country {
  readonly country: string;
  readonly region: string;
  /** Dollars a person and year, at equal prices. */
  readonly income: number;
  /** Years that a child born now may expect to live. */
  readonly health: number;
  readonly population: number;
}

/** Read anew in each run: what lies at an address may be replaced. */
export const rawData = cached({ behavior: "recompute" }, (address: string) => fetchText(address));

export function processedData({ rawData, least = 0 }: { rawData: string; least?: number }): Country[] {
  const [head = "", ...lines] = rawData.trim().split(/\r?\n/);
  const names = head.split(",");
  const countries = lines.map((line) => {
    const cells = _cells(line);
    const row = Object.fromEntries(names.map((name, i) => [name, cells[i]]));
    return {
      country: row.country ?? "",
      region: row.region ?? "",
      income: Number(row.income),
      health: Number(row.health),
      population: Number(row.population),
    };
  });
  return countries.filter(({ population }) => population >= least);
}

/** Dollars by country, most first. */
export const amountPerCountry = cached({ format: "json" }, (processedData: Country[]) =>
  _ranked(processedData.map(({ country, income, population }) => [country, income * population])),
);

/** Dollars by region, most first. */
export function amountPerRegion(processedData: Country[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { region, income, population } of processedData) {
    sums.set(region, (sums.get(region) ?? 0) + income * population);
  }
  return _ranked([...sums]);
}

/** A name that begins with `_` is no node, and its code counts all the same: here for both amounts. */
export function _ranked(amounts: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(amounts.toSorted(([, a], [, b]) => b - a));
}

/** The cells of a line; those with commas in them are in quotes. */
export function _cells(line: string): string[] {
  return line.match(/"[^"]*"|[^,]+/g)?.map((cell) => cell.replaceAll('"', "")) ?? [];
}
