import { inspect } from "node:util";
import type { Digest } from "../core/digest.ts";
import { type EntryInput, entryKey, noCodeVersion } from "../core/key.ts";
import type { RecordedInput } from "../core/record.ts";
import type { CacheKey } from "./key.ts";
import type { Troubles } from "./troubles.ts";

/** One input of a key, as it was when the key was built. */
export interface TakenInput {
  readonly input: RecordedInput;
  /** Whether its name is part of the key; else its place among the others is. */
  readonly isNamed: boolean;
  /** Whether it still is what it was; absent for what cannot change. */
  readonly unchanged?: () => boolean;
}

interface KeyMaking {
  readonly label: string;
  readonly inputs: readonly TakenInput[];
  readonly troubles: Troubles;
  /** Of the function that makes the entry; absent where nobody knows it. */
  readonly codeVersion?: Digest | undefined;
  /** The name of something else that is not what it was, if there is one. */
  readonly changedElse?: (() => string | undefined) | undefined;
}

/** The key of an entry, with what tells later whether its inputs still are what they were. */
export class TakenKey implements CacheKey {
  readonly label: string;
  readonly #making: KeyMaking;
  /** When it was built, in milliseconds of the clock that never goes back. */
  readonly #takenAt: number;
  #digest: Digest | undefined;

  constructor(making: KeyMaking, takenAt: number) {
    this.label = making.label;
    this.#making = making;
    this.#takenAt = takenAt;
  }

  get digest(): Digest {
    this.#digest ??= this.#hash();
    return this.#digest;
  }

  get inputs(): readonly RecordedInput[] {
    return this.#making.inputs.map(({ input }) => input);
  }

  get codeVersion(): Digest {
    return this.#making.codeVersion ?? noCodeVersion();
  }

  get takenAt(): number {
    return this.#takenAt;
  }

  /** The name of an input that was changed since the key was built; undefined when none was. */
  changedInput(): string | undefined {
    const changed = this.#making.inputs.find(({ unchanged }) => unchanged && !unchanged());
    return changed?.input.name ?? this.#making.changedElse?.();
  }

  toString(): string {
    return this.digest;
  }

  toJSON(): { readonly label: string; readonly digest: Digest } {
    return { label: this.label, digest: this.digest };
  }

  [inspect.custom](): string {
    const { troubles } = this.#making;
    return `[key ${JSON.stringify(this.label)} ${troubles.all.length > 0 ? "that is wrong" : this.digest.slice(0, 12)}]`;
  }

  #hash(): Digest {
    const { label, inputs, troubles } = this.#making;
    troubles.throwAny(`the key ${JSON.stringify(label)}`);
    const ordered: EntryInput[] = [];
    const named: EntryInput[] = [];
    for (const { input, isNamed } of inputs) (isNamed ? named : ordered).push(input);
    return entryKey(label, this.codeVersion, ordered, named);
  }
}
