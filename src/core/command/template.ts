/** A piece of text as it is, or the place of a value. */
export type TemplatePart = string | Placeholder;

/** The place of a value: `{clean}`, or `{clean.table}` for one output of it. */
export interface Placeholder {
  readonly name: string;
  readonly member?: string;
}

/** A text with places for values. Two pieces of text never stand side by side. */
export type Template = readonly TemplatePart[];

/**
 * Reads a text in which `{name}` is the place of a value, and `{{` and `}}` are braces. Any other brace is a mistake: the text
 * of another language (awk, JSON) that was not meant to have places.
 */
export function parseTemplate(text: string): Template | { readonly problem: string; readonly hint: string } {
  const parts: TemplatePart[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char !== "{" && char !== "}") {
      plain += char;
      at += 1;
      continue;
    }
    if (text[at + 1] === char) {
      plain += char;
      at += 2;
      continue;
    }
    // here, because to make it takes a millisecond, and few runs have any
    const placeholder = /\{([\p{L}\p{N}_$-]+)(?:\.([\p{L}\p{N}_-]+))?\}/uy;
    placeholder.lastIndex = at;
    const match = placeholder.exec(text);
    if (!match) return { problem: `a single ${char} in ${short(text, at)}`, hint: braceHint };
    if (plain !== "") parts.push(plain);
    plain = "";
    const [whole, name, member] = match;
    parts.push(member === undefined ? { name: name! } : { name: name!, member });
    at += whole.length;
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

export const braceHint = "write {{ and }} for braces, or put the text into a file, or pass it as an input";

/** Where something is in a text, in a few words. */
function short(text: string, at: number): string {
  const from = Math.max(0, at - 15);
  const cut = text.slice(from, at + 25);
  return JSON.stringify(`${from > 0 ? "…" : ""}${cut}${at + 25 < text.length ? "…" : ""}`);
}

/** The places in a text. */
export function placeholders(template: Template): readonly Placeholder[] {
  return template.filter((part) => typeof part !== "string");
}

/** The one place that a text consists of. */
export function onlyPlaceholder([part, ...more]: Template): Placeholder | undefined {
  return more.length === 0 && typeof part === "object" ? part : undefined;
}

/** The text of a template that has no places. */
export function plainText(template: Template): string | undefined {
  if (template.length === 0) return "";
  const [part] = template;
  return template.length === 1 && typeof part === "string" ? part : undefined;
}

/** A place as it is written. */
export function placeholderText({ name, member }: Placeholder): string {
  return member === undefined ? `{${name}}` : `{${name}.${member}}`;
}
