import { connect } from "node:net";
import { fromSystemError } from "../../core/failure.ts";

/** Whether an error of connecting to an owner's socket says that nobody listens there, and so nobody ever will again. */
export function saysDead(error: NodeJS.ErrnoException): boolean {
  return ["ECONNREFUSED", "ENOENT", "ENOTDIR", "ENOTSOCK", "ENAMETOOLONG", "ELOOP", "EINVAL"].includes(
    error.code ?? "",
  );
}

/**
 * Whether the process that listens at an address lives. The kernel answers, not the process: one that is stopped or busy lives.
 * @throws SluiceError `io` when there are too many open files
 */
export function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EMFILE" || error.code === "ENFILE") {
        reject(fromSystemError(error, "asking who holds a lease"));
      } else {
        // A full queue, or another user's socket: somebody is there as far as can be told.
        resolve(!saysDead(error));
      }
    });
  });
}
