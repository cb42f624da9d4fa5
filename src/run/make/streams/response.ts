import { fail } from "../../../core/failure.ts";
import type { StreamSource } from "./stream-source.ts";

/** What may go better when it is asked for again (RFC 9110, RFC 6585). */
const temporary: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * The body of an HTTP response, whole or not at all.
 * @throws SluiceError `stage-failed` when the request failed or the body was read already
 */
export function responseSource(response: Response, bodySource: (body: object) => StreamSource): StreamSource {
  const { ok, status, statusText, body, bodyUsed, headers } = response;
  const what = `the response from ${placeOf(response.url)}`;
  if (!ok) {
    const told = statusText === "" ? String(status) : `${status} ${statusText}`;
    // Nobody reads it: the connection is free for others.
    (body as Partial<ReadableStream> | null)?.cancel?.().catch(() => {});
    fail("stage-failed", `${what} is ${told}`, { retryable: temporary.has(status) });
  }
  if (bodyUsed) {
    fail("stage-failed", `the body of ${what} was read already`, { hint: "return what you made of it" });
  }
  const source = body === null ? nothing : bodySource(body);
  const size = announcedSize(headers);
  return { ...whole(source, what, size), isBytes: true };
}

const nothing: StreamSource = { next: () => ({ done: true, value: undefined }), stop: async () => {} };

/** A connection that was cut must not pass for the end. */
function whole(source: StreamSource, what: string, size: number | undefined): StreamSource {
  if (size === undefined) return source;
  let got = 0;
  return {
    ...source,
    size,
    next: async () => {
      const step = await source.next();
      if (!step.done) got += (step.value as Uint8Array).length;
      else if (got !== size) fail("stage-failed", `${what} ended after ${got} of ${size} bytes`, { retryable: true });
      return step;
    },
  };
}

/** A body that comes compressed is longer than what is said of it. */
function announcedSize(headers: Headers): number | undefined {
  const encoding = headers.get("content-encoding");
  const length = headers.get("content-length");
  const isPlain = encoding === null || encoding === "" || encoding.toLowerCase() === "identity";
  return isPlain && length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/** Without what may be a secret: credentials and the query. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? parsed.origin + parsed.pathname : "the server";
}
