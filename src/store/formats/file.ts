import { fileRefOf } from "../../core/file-ref.ts";
import type { Codec } from "../format.ts";
import { auto } from "./auto.ts";
import { cannotCarry, nameOf } from "./refusal.ts";

/**
 * One file, by its handle. What a stage returns (a path, or a handle) becomes a handle of a stored file where the stage's
 * folder is known, before it is encoded.
 */
export const file: Codec = {
  encode(value) {
    if (!fileRefOf(value))
      cannotCarry("file", [], `is ${nameOf(value)}, not a file handle`, "return the path of a file");
    return auto.encode(value);
  },
  decode: auto.decode,
};
