import { stripVTControlCharacters } from "node:util";

/** Most texts are this, and need no properties of Unicode: with these a pattern takes up to two milliseconds to make. */
const printable = /^[ -~]*$/;

/** Text as one line that is safe to print: what is not printable is shown as an escape. For names, messages, values. */
export function sanitize(text: string): string {
  return printable.test(text) ? text : withoutUnsafe(text);
}

/**
 * Everything that can act on a terminal or hide in it goes: control characters, line and paragraph separators, direction overrides
 * and other invisible formatting, lone surrogates. The two joiners stay, for scripts and emoji that need them.
 */
function withoutUnsafe(text: string): string {
  return text.replace(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c\u200d]]/gv, visible);
}

/** Text as lines that are safe to print: colours are dropped, tabs become spaces. For logs and what programs wrote. */
export function sanitizeLines(text: string): string[] {
  const lines = stripVTControlCharacters(text).split(/\r\n|\n|\r/);
  if (lines.length > 1 && lines.at(-1) === "") lines.pop();
  return lines.map((line) => sanitize(line.replaceAll("\t", "    ")));
}

function visible(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 0x0a) return "\\n";
  if (code === 0x0d) return "\\r";
  if (code === 0x09) return "\\t";
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
