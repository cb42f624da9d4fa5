import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { attempt } from "./files.ts";

/**
 * Makes sure that this process may open so many files more, for what would wait for ever where it may not.
 * @throws SluiceError `io`
 */
export function requireDescriptors(count: number, doing: string): void {
  const opened: number[] = [];
  try {
    attempt(doing, devNull, () => {
      while (opened.length < count) opened.push(openSync(devNull, "r"));
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
