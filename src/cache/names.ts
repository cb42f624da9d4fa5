import { fail } from "../core/failure.ts";

/** The longest name or label, in UTF-16 units. */
const longest = 1000;

/**
 * Checks a name that a user gives to something: any text that is not empty. It is data, never a path of its own.
 * @throws SluiceError `usage`
 */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== "string") fail("usage", `the name of ${what} must be a string`);
  if (name === "") fail("usage", `the name of ${what} is empty`);
  const shown = JSON.stringify(name.slice(0, 40));
  if (name.length > longest) fail("usage", `the name ${shown}… of ${what} is longer than ${longest} characters`);
  if (!name.isWellFormed()) fail("usage", `the name ${shown} of ${what} holds half a surrogate pair`);
  if (name.includes("\0")) fail("usage", `the name ${shown} of ${what} holds a NUL character`);
}
