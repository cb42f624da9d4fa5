/**
 * What an input was made of, kept beside results so that `why` can say later what of it changed. Kept once for each version
 * of the input, and only where it is small; never of a secret.
 */
export type InputDetail =
  /** The files of a glob or of a folder with their versions, sorted by name. Versions may be cut: they are only compared. */
  | { readonly kind: "files"; readonly files: readonly (readonly [name: string, version: string])[] }
  /** A parameter, or a plain value: its canonical encoding in base64. */
  | { readonly kind: "value"; readonly encoded: string };
