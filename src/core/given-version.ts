import { fingerprint } from "./canonical.ts";
import type { Digest } from "./digest.ts";
import { failureOf, SluiceError } from "./failure.ts";

/**
 * The version of what a call was given.
 * @param what whose it is, as a failure says it
 * @param name what the path to a part of it begins with
 * @throws SluiceError `unversionable`
 */
export function givenVersion(what: string, name: string, value: unknown): Digest {
  try {
    return fingerprint(value);
  } catch (error) {
    const found = failureOf(error, "unversionable");
    if (!found) throw error;
    const message = `${what} cannot be versioned: ${found.message.replace(/^result/, () => name)}`;
    throw new SluiceError({ ...found, message });
  }
}
