import { fail } from "../../core/failure.ts";

/** Ends a command that was interrupted: nothing of it was kept. @throws SluiceError `cancelled` */
export function cancelled(what: string): never {
  fail("cancelled", `${what} was cancelled, and left nothing behind`);
}
