/** What a model that somebody has trained says of countries. */
import { predict, type Weights } from "../lib/regression.ts";
import type { Example } from "./features.ts";

export interface Prediction {
  readonly country: string;
  readonly health: number;
  readonly expected: number;
}

export const predictions = (features: Example[], model: Weights): Prediction[] =>
  features.map(({ country, features, health }) => ({ country, health, expected: predict(model, features) }));

/** Where people live longest beyond what the model expects. */
export function surprises({ predictions, top = 3 }: { predictions: Prediction[]; top?: number }): Prediction[] {
  return predictions.toSorted((a, b) => b.health - b.expected - (a.health - a.expected)).slice(0, top);
}
