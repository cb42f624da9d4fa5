import type { Digest } from "./digest.ts";

/**
 * One thing that a function can reach: a declaration, a module's own statements, a package, a data file, a captured value. Of a
 * command: what it runs (`command`), and the files that its arguments name.
 */
export interface CodePart {
  readonly kind: "declaration" | "module" | "package" | "file" | "captured" | "command";
  /** `dropInvalid`, `lib/clean.ts`, `papaparse@5.4.1`. */
  readonly name: string;
  /** Relative to the project, `/` between parts; absent for a package. */
  readonly file?: string;
  readonly line?: number;
  /** For code of a bundle, by its source map: the file that the bundler took it from, relative to the project; `line` is there. */
  readonly from?: string;
  readonly digest: Digest;
  /** It is code of the node itself: what was handed to the call that declares it. The rest is reached from there. */
  readonly own?: true;
  /** What it refers to: `lib/money.ts#round`, `lib/money.ts#*` for all of a module, `zod#z`, `rates.json#`. Sorted. */
  readonly uses?: readonly string[];
  /** Where its text lies in the source as it was loaded: pairs of start and end. Only known while that is at hand. */
  readonly span?: readonly number[];
  /** Of a captured variable or a command: its value in a few words; absent where that may be a secret. */
  readonly value?: string;
  /** The text as its author wrote it, for a part that was stored; absent where there is none, or where it is too long. */
  readonly text?: string;
  /** How long a text is that was too long to be stored, in UTF-16 units. */
  readonly textLength?: number;
}

/** The longest text of one part that is stored, in UTF-16 units: generated code is longer, and nobody reads its difference. */
export const mostPartText = 100_000;
