import type { Chance } from "./chance.ts";

/** What a name of a generated module stands for: that says how it can be read and changed. */
export type Kind =
  | "number"
  | "variable"
  | "object"
  | "array"
  | "map"
  | "set"
  | "function"
  | "async"
  | "generator"
  | "class"
  | "instance"
  | "enum"
  | "tag"
  | "registry"
  | "setter"
  | "filler"
  | "module";

export interface Name {
  readonly name: string;
  readonly kind: Kind;
}

/** Writes the code of one module: what it declares, and what it can see of others. */
export class Writer {
  readonly chance: Chance;
  readonly visible: Name[] = [];
  readonly prefix: string;
  #count = 0;

  constructor(chance: Chance, prefix: string) {
    this.chance = chance;
    this.prefix = prefix;
  }

  fresh(letter: string): string {
    return `${letter}${this.prefix}${this.#count++}`;
  }

  number(): string {
    return String(this.chance.between(1, 9));
  }

  text(): string {
    return `"${this.chance.pick(["p", "q", "r", "s", "t"])}"`;
  }

  key(): string {
    return this.chance.pick(["a", "b", "c", "d"]);
  }

  names(...kinds: readonly Kind[]): readonly Name[] {
    return this.visible.filter(({ kind }) => kinds.includes(kind));
  }

  /** A name of one of these kinds; undefined where there is none. */
  some(...kinds: readonly Kind[]): string | undefined {
    const names = this.names(...kinds);
    return names.length === 0 ? undefined : this.chance.pick(names).name;
  }

  one(...templates: readonly (() => string)[]): string {
    return this.chance.pick(templates)();
  }
}
