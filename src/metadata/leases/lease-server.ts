import { createServer, type Server, type Socket } from "node:net";
import type { Digest } from "../../core/digest.ts";
import { failure, SluiceError } from "../../core/failure.ts";
import type { Claims } from "../claims.ts";
import { receiveKeys, sendKey } from "./keys-on-socket.ts";

/** Listens while this process lives, which is the proof that it does, and tells who asks when keys are free. */
export class LeaseServer {
  readonly #claims: Claims;
  readonly #onUnclaimed: (key: Digest) => void;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  /** @param onUnclaimed called when someone believes that a key is held here, and it is not */
  constructor(claims: Claims, onUnclaimed: (key: Digest) => void) {
    this.#claims = claims;
    this.#onUnclaimed = onUnclaimed;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.unref();
  }

  /** @throws SluiceError `io` */
  listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => {
        const hint = "check that the temporary folder can be written";
        const detail = { where: { file: address }, hint, retryable: true, cause: error };
        reject(new SluiceError(failure("io", `cannot listen at ${address} (${error.message})`, detail)));
      });
      // `exclusive`: in a worker of a cluster, too, it must be this very process that listens.
      this.#server.listen({ path: address, exclusive: true }, resolve);
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const takeBack: (() => void)[] = [];
    this.#sockets.add(socket);
    socket.unref();
    // An error ends the connection, and whoever is at its other end looks again.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const each of takeBack) each();
    });
    receiveKeys(socket, (key) => {
      try {
        if (!this.#claims.has(key)) this.#onUnclaimed(key);
      } catch {
        // It must not end a process that only answers. Who asked looks again in a while, and perhaps finds out why.
        setTimeout(() => socket.destroy(), 250).unref();
        return;
      }
      takeBack.push(this.#claims.whenFree(key, () => sendKey(socket, key)));
    });
  }
}
