import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { type Failure, fail, failure } from "../../../core/failure.ts";
import type { LineageEvent } from "./lineage-events.ts";

/** Where events go: to a file or to a server, one of both. */
export interface LineageTransport {
  /** A file that gets a line of JSON for each event, relative to the current folder. */
  readonly file?: string;
  /** A server; events are sent to {@link LineageTransport.endpoint} of it by POST. */
  readonly url?: string;
  /** `api/v1/lineage` unless given. */
  readonly endpoint?: string;
  /** Sent as a bearer token. It is in no message and no event. */
  readonly apiKey?: string;
  /** Milliseconds for one delivery; 5000 unless given. */
  readonly timeout?: number;
}

/** Delivers an event. It never fails: what goes wrong is warned of. */
export type LineageSink = (event: LineageEvent) => Promise<void>;

/** @throws SluiceError `usage` */
export function sinkFor(transport: LineageTransport, warn: (warning: Failure) => void): LineageSink {
  const { file, url } = transport;
  if ((file === undefined) === (url === undefined)) {
    fail("usage", "openLineage() needs a `file` or a `url`, and not both");
  }
  return file === undefined ? toServer(transport, url!, warn) : toFile(path.resolve(file), warn);
}

function toFile(file: string, warn: (warning: Failure) => void): LineageSink {
  return async (event) => {
    try {
      await mkdir(path.dirname(file), { recursive: true });
      // In one call, to the end of the file: lines of runs that go on at once do not mix.
      await appendFile(file, `${JSON.stringify(event)}\n`);
    } catch (error) {
      const message = `lineage was not written: ${(error as Error).message}`;
      warn(failure("io", message, { where: { file } }));
    }
  };
}

function toServer(
  { endpoint = "api/v1/lineage", apiKey, timeout = 5000 }: LineageTransport,
  url: string,
  warn: (warning: Failure) => void,
): LineageSink {
  const target = targetOf(url, endpoint);
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    // What would be said of a header that cannot be sent has the key in it.
    fail("usage", "the apiKey of openLineage() has characters that no header can have");
  }
  const headers = {
    "content-type": "application/json",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return async (event) => {
    const undelivered = (why: string): void =>
      warn(failure("io", `lineage was not delivered to ${target.host}: ${why}`, { retryable: true }));
    const { signal, stop } = timeLimit(timeout);
    try {
      // Another place, to which a server leads, is not to get the key.
      const request = { method: "POST", headers, body: JSON.stringify(event), signal, redirect: "error" } as const;
      const response = await fetch(target, request);
      await response.body?.cancel();
      if (!response.ok) undelivered(`it answered ${response.status}`);
    } catch (error) {
      undelivered(signal.aborted ? `it did not answer within ${timeout} ms` : reasonOf(error));
    } finally {
      stop();
    }
  };
}

function targetOf(url: string, endpoint: string): URL {
  if (!URL.canParse(url)) fail("usage", "the url of openLineage() is no URL");
  const base = new URL(url);
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    fail("usage", `openLineage() sends to http: and https:, not to ${base.protocol}`);
  }
  if (base.username !== "" || base.password !== "") {
    fail("usage", "the url of openLineage() holds credentials", { hint: "give them as `apiKey`" });
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return new URL(endpoint.replace(/^\/+/, ""), base);
}

/**
 * Aborts after some milliseconds in which the process could take an answer. While a function computes it cannot, and a timer that
 * rings right after that would cut off an answer that is there.
 */
function timeLimit(milliseconds: number): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let parts = 10;
  const timer = setInterval(() => {
    parts -= 1;
    if (parts === 0) controller.abort();
  }, milliseconds / parts);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "it could not be reached";
  const { cause } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (cause instanceof Error ? cause.message : error.message);
}
