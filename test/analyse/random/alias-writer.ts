import type { Chance } from "./chance.ts";

/** Writes what leads to the change. */
export class Writer {
  readonly declarations: string[] = [];
  readonly #chance: Chance;
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  pick<T>(list: readonly T[]): T {
    return this.#chance.pick(list);
  }

  fresh(letter: string): string {
    return `${letter}${this.#count++}`;
  }

  before(...lines: readonly string[]): void {
    this.declarations.push(...lines);
  }
}

export type Step = (text: string, writer: Writer) => string;

/** What is assigned. */
export const one = "/*value*/1";
