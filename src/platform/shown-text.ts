import { shortText } from "../core/short-text.ts";
import { textsIn } from "../core/texts-in.ts";
import { privateTexts } from "./environment-secrets.ts";
import { withoutPatterns } from "./secret-patterns.ts";

/** How deep a short text shows a value. */
const shownDepth = 3;

/**
 * A value in at most 80 characters; undefined where something of it may be a secret: it is in the environment, or stands in a URL or
 * a header.
 */
export function shownText(value: unknown): string | undefined {
  const text = shortText(value);
  // Where the text is cut, only the value tells what it was cut from.
  return holdsSecret([text]) || holdsSecret(textsIn(value, shownDepth)) ? undefined : text;
}

/** Whether one of the texts is, or has in it, what may be a secret. */
export function holdsSecret(texts: Iterable<string>): boolean {
  const known = knownTexts();
  for (const text of texts) {
    if (known.some((secret) => text.includes(secret)) || withoutPatterns(text) !== text) return true;
  }
  return false;
}

let known: readonly string[] | undefined;

/** Looked up once in a turn of the event loop: a program may change its environment. */
function knownTexts(): readonly string[] {
  if (known) return known;
  known = [...privateTexts(process.env)];
  setImmediate(() => {
    known = undefined;
  });
  return known;
}
