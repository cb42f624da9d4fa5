import { shortText } from "../../core/short-text.ts";
import { textsIn } from "../../core/texts-in.ts";

/** A captured value in a few words; undefined where it is long, or may be out of the environment, which may hold secrets. */
export function capturedText(value: unknown): string | undefined {
  const text = shortText(value);
  // What is left out cannot be compared with the environment.
  if (text.includes("…") || text.includes("... ")) return undefined;
  const texts = [text, ...textsIn(value, 3)];
  return secrets().some((secret) => texts.some((each) => each.includes(secret))) ? undefined : text;
}

/** What the environment holds, whole and in parts. Kept as long as someone asks without pausing: a program may change it. */
function secrets(): readonly string[] {
  if (known) return known;
  const found = new Set<string>();
  for (const variable of Object.values(process.env)) {
    if (variable === undefined) continue;
    if (variable.length >= long) found.add(variable);
    for (const part of variable.split(separators)) if (part.length >= longPart) found.add(part);
  }
  known = [...found];
  queueMicrotask(() => {
    known = undefined;
  });
  return known;
}
let known: readonly string[] | undefined;

/** As in the redaction of logs: shorter texts are everywhere, and hide nothing. */
const long = 4;

/** A part of a variable, such as a text in JSON or the password in a URL. */
const longPart = 6;
const separators = /[\s"',;:@&?(){}[\]]+/;
