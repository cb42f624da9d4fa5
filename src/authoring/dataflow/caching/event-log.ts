import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { fail, failure } from "../../../core/failure.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { warnProcess } from "../../open.ts";
import type { CacheOptions } from "./cache-options.ts";
import { type CachingEvent, eventLine, levelOf } from "./caching-event.ts";

/** Hands the events of one run to a logger and a file, as they happen. */
export class EventLog {
  readonly #options: CacheOptions;
  readonly #file: string | undefined;
  #descriptor: number | undefined;
  #isBroken = false;

  /** @throws SluiceError `usage` where events are to go to the cache's folder and there is none */
  constructor(options: CacheOptions, workspace: Workspace) {
    this.#options = options;
    this.#file = fileFor(options.logToFile, workspace);
  }

  get isWanted(): boolean {
    return this.#file !== undefined || this.#options.logger !== undefined;
  }

  write(events: readonly CachingEvent[]): void {
    const { logger, logLevel = "info" } = this.#options;
    if (logger) {
      for (const event of events) {
        const level = levelOf(event);
        if (level === "info") logger.info(eventLine(event));
        else if (logLevel === "debug") logger.debug(eventLine(event));
      }
    }
    if (this.#file !== undefined && events.length > 0) this.#append(this.#file, events.map(jsonLine).join(""));
  }

  /** In one call, to the end of the file wherever that is by now: lines of runs that go on at once do not mix. */
  #append(file: string, lines: string): void {
    if (this.#isBroken) return;
    try {
      if (this.#descriptor === undefined) {
        mkdirSync(path.dirname(file), { recursive: true });
        this.#descriptor = openSync(file, "a", 0o600);
      }
      writeSync(this.#descriptor, lines);
    } catch (error) {
      // A log that cannot be kept does not stop the work, but it is said, once.
      this.#isBroken = true;
      const message = `the log of the cache cannot be written: ${(error as Error).message}`;
      (this.#options.onWarning ?? warnProcess)(failure("io", message, { where: { file } }));
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function jsonLine(event: CachingEvent): string {
  const { timestamp, ...more } = event;
  return `${JSON.stringify({ ...more, timestamp: new Date(timestamp).toISOString() })}\n`;
}

function fileFor(wanted: boolean | string | undefined, { root, cacheDir }: Workspace): string | undefined {
  if (wanted === undefined || wanted === false) return undefined;
  if (typeof wanted === "string") return path.resolve(root, wanted);
  if (cacheDir === undefined) {
    fail("usage", "logToFile: true writes to the cache's folder, and this cache has none", {
      hint: "give the path of a file",
    });
  }
  return path.join(cacheDir, "v1", "caching.jsonl");
}
