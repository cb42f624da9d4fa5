import { fail } from "../../../core/failure.ts";
import { nearest } from "../../../core/graph.ts";

/**
 * Checks that names that were given to a hook are there.
 * @param what ends the sentence: `to stop at, as debugOn() says`
 * @throws SluiceError `unknown-node`
 */
export function requireKnown(names: readonly string[], known: readonly string[], what: string): undefined {
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near ? { hint: `did you mean "${near}"?` } : {};
    fail("unknown-node", `there is no node "${name}" ${what}`, { node: name, ...hint });
  }
}
