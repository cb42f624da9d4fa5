/** What models see of countries. Training and inference share these nodes, and so their results. */
import { cached } from "sluice/dataflow";
import type { Country } from "./sales.ts";

export interface Example {
  readonly country: string;
  readonly features: readonly number[];
  /** What is to be told from the features: years of life. */
  readonly health: number;
}

export const regions = (processedData: Country[]): string[] =>
  [...new Set(processedData.map(({ region }) => region))].toSorted();

/** Numbers of about one size: how rich and how large a country is, and where it lies. */
export const features = cached({ format: "auto" }, (processedData: Country[], regions: string[]): Example[] =>
  processedData.map(({ country, region, income, health, population }) => ({
    country,
    features: [_size(income) - 4, _size(population) - 7, ...regions.map((each) => (each === region ? 1 : 0))],
    health,
  })),
);

export const _size = (amount: number): number => Math.log10(amount);
