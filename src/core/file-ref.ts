import type { Digest } from "./digest.ts";

/** A file by its content: what a file handle is, to everything that versions and stores values. */
export interface FileRef {
  /** Where the bytes are: a file of the project, or the store. */
  readonly origin: "project" | "store";
  /** For a project's file its path relative to the project, for a stored one the name it was given; `/` between parts. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
  readonly executable: boolean;
}

/** The property by which a file handle tells its {@link FileRef}. */
export const fileRef: unique symbol = Symbol.for("sluice.file");

/** The reference behind a value that is a file handle. */
export function fileRefOf(value: unknown): FileRef | undefined {
  return value !== null && typeof value === "object" ? (value as { [fileRef]?: FileRef })[fileRef] : undefined;
}
