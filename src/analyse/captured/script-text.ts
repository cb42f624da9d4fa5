import { digestOf } from "../../core/digest.ts";
import type { LoadedModule } from "../code-version.ts";

/** Without what a loader may take away before a text, or put behind it. */
export function withoutMarks(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .replace(/\s*\/\/# sourceURL=[^\n]*\s*$/, "")
    .trimEnd();
}

/** What may stand in the place of types that were taken out: blanks, and what keeps the rest from being read another way. */
const fillers = new Set([..." ;()=>,"].map((filler) => filler.charCodeAt(0)));

/** Whether a script is a source out of which nothing but types were taken, and in which all else is where it was. */
export function isInPlaceOf(script: string, source: string): boolean {
  const [text, written] = [withoutMarks(script), withoutMarks(source)];
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
