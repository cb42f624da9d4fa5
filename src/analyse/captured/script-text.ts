import { digestOf } from "../../core/digest.ts";
import type { LoadedModule } from "../code-version.ts";

/**
 * A script and its source without what a loader may take away before a text, or put behind it. What ends in types is blank at its end as a
 * script: as much of that stays as the source has.
 */
export function withoutMarks(script: string, source: string): readonly [text: string, written: string] {
  const [text, written] = [bare(script), bare(source).trimEnd()];
  return [text.slice(0, Math.max(text.trimEnd().length, written.length)), written];
}

/** Of CommonJS in TypeScript that is imported, Node says twice where it is from. */
function bare(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/(?:\/\/# sourceURL=[^\n]*\s*)+$/, "");
}

/**
 * What may stand in the place of types that were taken out: blanks, as long in UTF-8 as what was there, and what keeps the rest from being
 * read another way.
 */
const fillers = new Set([..." \u00A0\u2002\uFEFF;()=>,"].map((filler) => filler.charCodeAt(0)));

/** Whether a script is a source out of which nothing but types were taken, and in which all else is where it was. */
export function isInPlaceOf(script: string, source: string): boolean {
  const [text, written] = withoutMarks(script, source);
  if (text === written) return true;
  if (text.length !== written.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== written.charCodeAt(i) && !fillers.has(code)) return false;
  }
  return true;
}

/** Whether a script is a module as it was loaded here, and not the same file in another form. */
export function isLoadedScript(script: string, { compiled, source }: LoadedModule): boolean {
  return compiled === undefined ? isInPlaceOf(script, source) : digestOf(script) === compiled;
}
