/** A model that tells how long people live from what a country is like, and how sure one may be of it. */
import { checkOutput, collect, extractFields, parallel } from "sluice/dataflow";
import { randomOf } from "../lib/random.ts";
import { fit, predict, type Weights } from "../lib/regression.ts";
import type { Example } from "./features.ts";

/** Every fourth country is kept to test with. */
export const split = extractFields(["train", "test"], (features: Example[]) => ({
  train: features.filter((_, i) => i % 4 !== 0),
  test: features.filter((_, i) => i % 4 === 0),
}));

export function model({ train, ridge = 0.1 }: { train: Example[]; ridge?: number }): Weights {
  return _fitted(train, ridge);
}

/** How much of the differences between countries the model tells: 1 is all, 0 is no more than the mean does. */
export const score = checkOutput({ range: [0.5, 1], importance: "warn" }, (model: Weights, test: Example[]) => {
  const mean = test.reduce((sum, { health }) => sum + health, 0) / test.length;
  const off = test.reduce((sum, { features, health }) => sum + (predict(model, features) - health) ** 2, 0);
  return 1 - off / test.reduce((sum, { health }) => sum + (health - mean) ** 2, 0);
});

/** Samples of the countries, drawn with replacement (Efron's bootstrap); what reads one of them runs once for each. */
export const sample = parallel(({ samples = 12 }: { samples?: number }) =>
  Array.from({ length: samples }, (_, i) => i),
);

/** What ten times more income is worth in years of life, by the models of two hundred draws. */
export const effects = (train: Example[], sample: number): number[] => {
  const random = randomOf(sample);
  return Array.from({ length: 200 }, () => {
    const drawn = train.map(() => train[Math.floor(random() * train.length)]!);
    return _fitted(drawn, 0.1)[0]!;
  });
};

/** Between these lie nineteen of twenty. */
export const effect = collect("effects", (effects: number[][]) => {
  const sorted = effects.flat().toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return { low: at(0.025), middle: at(0.5), high: at(0.975) };
});

export function _fitted(examples: readonly Example[], ridge: number): Weights {
  return fit(
    examples.map(({ features }) => features),
    examples.map(({ health }) => health),
    ridge,
  );
}
