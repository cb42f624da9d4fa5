import { closeSync, openSync, readSync } from "node:fs";
import { fail } from "../../../core/failure.ts";
import { writeAll } from "../../../platform/files.ts";

/** One of the two streams of a program. */
export type Stream = 1 | 2;

/*
 * What a program printed, both of its streams in the order in which it came: the stream (1 byte), a length (4 bytes, little-endian), so
 * many bytes; again and again.
 */
const headSize = 5;

/** The most that is in memory of it at once, in bytes. */
const atOnce = 64 << 10;

/** Takes down in a file what a program prints, and hands it on at the pace of whoever reads. */
export class PrintedLog {
  readonly path: string;
  readonly #fd: number;
  #size = 0;
  #isOver = false;
  #more = Promise.withResolvers<void>();

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "wx+", 0o600);
  }

  add(stream: Stream, chunk: Uint8Array): void {
    const head = Buffer.alloc(headSize);
    head[0] = stream;
    head.writeUInt32LE(chunk.length, 1);
    writeAll(this.#fd, Buffer.concat([head, chunk]));
    this.#size += headSize + chunk.length;
    this.#wake();
  }

  /** Nothing comes any more. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** All of it so far, and what comes until the end. */
  async *content(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      if (at < this.#size) {
        const bytes = Buffer.allocUnsafe(Math.min(atOnce, this.#size - at));
        const count = readSync(this.#fd, bytes, 0, bytes.length, at);
        at += count;
        yield bytes.subarray(0, count);
      } else if (this.#isOver) return;
      else await this.#more.promise;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}

/**
 * Shows what was printed as it was.
 * @param show gives false when nobody looks any more
 * @throws SluiceError `corrupt-value`
 */
export async function showPrinted(
  content: AsyncIterable<Uint8Array>,
  show: (stream: Stream, bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  let held: Buffer = Buffer.alloc(0);
  let stream: Stream = 1;
  let left = 0;
  for await (const bytes of content) {
    held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
    for (;;) {
      if (left === 0) {
        if (held.length < headSize) break;
        if (held[0] !== 1 && held[0] !== 2) damaged();
        [stream, left] = [held[0], held.readUInt32LE(1)];
        held = held.subarray(headSize);
      }
      const part = held.subarray(0, left);
      if (part.length > 0) await show(stream, part);
      held = held.subarray(part.length);
      left -= part.length;
      if (held.length === 0) break;
    }
  }
  if (left > 0 || held.length > 0) damaged();
}

function damaged(): never {
  fail("corrupt-value", "what the command printed was not kept as it should be");
}
