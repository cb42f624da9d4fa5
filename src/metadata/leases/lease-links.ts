import { connect, type Socket } from "node:net";
import type { Digest } from "../../core/digest.ts";
import { receiveKeys, sendKey } from "./keys-on-socket.ts";
import { saysDead } from "./probe.ts";

/** Milliseconds after which to look again when an owner lives but cannot be asked to tell. */
const lookAgain = 250;

/** Connections to other owners, one each however many of its keys are waited for, and only while any is. */
export class LeaseLinks {
  readonly #links = new Map<string, Link>();

  /** Calls `tell` once the key may be free: its owner says so, or is gone. Returns what takes that back. */
  whenFree(address: string, key: Digest, tell: () => void): () => void {
    let link = this.#links.get(address);
    if (!link) {
      const made = new Link(address, () => {
        if (this.#links.get(address) === made) this.#links.delete(address);
      });
      link = made;
      this.#links.set(address, link);
    }
    return link.whenFree(key, tell);
  }

  close(): void {
    for (const link of this.#links.values()) link.end();
  }
}

class Link {
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  readonly #waiting = new Map<Digest, Set<() => void>>();

  constructor(address: string, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#socket = connect(address);
    let patience = 0;
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      const hasEnded = error.code === "ECONNRESET" || error.code === "EPIPE";
      if (!hasEnded && !saysDead(error)) patience = lookAgain;
    });
    this.#socket.on("close", () => {
      onEnd();
      if (patience === 0) this.end();
      else setTimeout(() => this.end(), patience);
    });
    receiveKeys(this.#socket, (key) => this.#tell(key));
  }

  whenFree(key: Digest, tell: () => void): () => void {
    let tells = this.#waiting.get(key);
    if (!tells) {
      tells = new Set();
      this.#waiting.set(key, tells);
      // Written once connected.
      sendKey(this.#socket, key);
    }
    tells.add(tell);
    return () => {
      tells.delete(tell);
      if (tells.size === 0 && this.#waiting.get(key) === tells) this.#waiting.delete(key);
      if (this.#waiting.size === 0) this.end();
    };
  }

  /** Lets go of the owner, and everyone look for themselves. */
  end(): void {
    this.#onEnd();
    this.#socket.destroy();
    for (const key of [...this.#waiting.keys()]) this.#tell(key);
  }

  #tell(key: Digest): void {
    const tells = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const tell of tells ?? []) tell();
  }
}
