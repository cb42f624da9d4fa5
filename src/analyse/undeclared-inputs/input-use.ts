import type { InputKind } from "./input-kind.ts";

/** A place in a module where code has an input that it gets by itself. */
export interface InputUse {
  readonly kind: InputKind;
  /** `note` where it may be declared after all, or may not matter, and that cannot be told. */
  readonly level: "warning" | "note";
  /** As the author wrote it, in short: `Date.now()`, `readFileSync("rates.csv")`. */
  readonly what: string;
  /** What that is, in the terms of its documentation: `fs.readFileSync`. */
  readonly name: string;
  readonly hint: string;
  /** The variables that get their value from it, where it happens as they are declared. */
  readonly initialises: readonly string[];
  /** For a file: the stage's inputs of which it is the `path`. If these are handles, it is declared. `*` may be any. */
  readonly handles?: readonly string[];
  /** In the source as it was loaded, in UTF-16 units. */
  readonly offset: number;
  /** Where the author finds it, for code of a bundle in the file that it was made of; relative to the project. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** The reason of the comment that allows it. */
  readonly allowed?: string;
}

/** A use before its place and comments are looked at. */
export type FoundUse = Omit<InputUse, "file" | "line" | "column" | "allowed">;
