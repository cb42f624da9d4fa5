import { type Digest, digestOf } from "../../core/digest.ts";
import { fingerprint } from "../../core/fingerprint.ts";

/** JSON counts by what is in it, in its order: white space does not. `-0` is not `0`, and `1e999` not `null`. */
export function jsonDigest(source: string): Digest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // What is not JSON fails when it is loaded; until then it is a text like any other.
    return digestOf(source);
  }
  return fingerprint(value);
}
