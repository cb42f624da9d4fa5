import { fail } from "../../../core/failure.ts";

/** Where lines for a person go: `process.stderr`, or what can be written to as that can. */
export interface LineStream {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
}

/** @throws SluiceError `usage` for what cannot be written to */
export function checkStream(what: string, stream: LineStream): void {
  if (typeof stream?.write !== "function") fail("usage", `the stream of ${what}() must have a method \`write\``);
}
