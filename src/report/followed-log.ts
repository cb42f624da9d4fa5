import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoggedEvent, parseLine } from "./log-file.ts";

/** Milliseconds between two looks at a log that grows. */
const interval = 150;

/**
 * The events in a run's log as they are written, until the run is over; undefined for a line that is none. The log need not be
 * there yet.
 * @param isOver whether nothing more will be written
 * @throws the system's error when the file cannot be read
 */
export async function* followLog(
  file: string,
  isOver: () => Promise<boolean>,
): AsyncGenerator<LoggedEvent | undefined> {
  let at = 0;
  let rest = Buffer.alloc(0);
  for (;;) {
    // asked first: what was written before the run was over is read after
    const over = await isOver();
    for (;;) {
      const bytes = await readFrom(file, at);
      if (bytes.length === 0) break;
      at += bytes.length;
      rest = Buffer.concat([rest, bytes]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.toString("utf8", 0, end);
        rest = rest.subarray(end + 1);
        if (line !== "") yield parseLine(line);
      }
    }
    if (over) {
      if (rest.length > 0) yield parseLine(rest.toString("utf8"));
      return;
    }
    await sleep(interval);
  }
}

/** What a file has from this byte on, or as much as is read at once; nothing of a file that is not there. */
async function readFrom(file: string, position: number): Promise<Buffer> {
  try {
    const handle = await open(file, "r");
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(64 * 1024), position });
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
