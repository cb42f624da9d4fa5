import type { Socket } from "node:net";
import { type Digest, isDigest } from "../../core/digest.ts";

/*
 * The protocol between the process that waits for keys and the one that holds them. Who waits sends keys, one a line; the
 * other sends each back once it is free. The end of the connection frees them all.
 */

export function sendKey(socket: Socket, key: Digest): void {
  if (socket.writable) socket.write(`${key}\n`);
}

/** Calls `each` with every key that arrives. A peer that says anything else is cut off. */
export function receiveKeys(socket: Socket, each: (key: Digest) => void): void {
  let rest = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!isDigest(line)) {
        socket.destroy();
        return;
      }
      each(line);
    }
    if (rest.length > 64) socket.destroy();
  });
}
