import type { Digest } from "./digest.ts";

/** One thing that a function can reach: a declaration, a module's own statements, a package, a data file. */
export interface CodePart {
  readonly kind: "declaration" | "module" | "package" | "file";
  /** `dropInvalid`, `lib/clean.ts`, `papaparse@5.4.1`. */
  readonly name: string;
  /** Relative to the project, `/` between parts; absent for a package. */
  readonly file?: string;
  readonly line?: number;
  readonly digest: Digest;
}
