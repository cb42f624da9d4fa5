/** A command line of bash up to the cursor, taken apart without running anything that stands in it. */
export interface BashLine {
  /** The words before the cursor's, without quotes. */
  readonly words: readonly string[];
  /** The word at the cursor, without quotes. */
  readonly current: string;
  /** How much of `current` stands before what bash replaces. */
  readonly cut: number;
  /** The quote that is open at the cursor. */
  readonly quote: "" | "'" | '"';
}

/**
 * Reads a line as bash does, but leaves variables and substitutions as the text that they are.
 * @param breaks the value of `COMP_WORDBREAKS`: characters after which bash replaces only what follows
 */
export function readBashLine(line: string, breaks: string): BashLine {
  let words: string[] = [];
  let word: string | undefined;
  let quote: BashLine["quote"] = "";
  let cut = 0;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (character === "\\" && (quote === "" || '$`"\\\n'.includes(line[i + 1] ?? ""))) {
      word = (word ?? "") + (line[i + 1] ?? "");
      i++;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
      cut = word.length;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      cut = 0;
    } else if (/[;&|()]/.test(character)) {
      // another command begins
      words = [];
      word = undefined;
      cut = 0;
    } else {
      word = (word ?? "") + character;
      if (breaks.includes(character)) cut = word.length;
    }
  }
  return { words, current: word ?? "", cut, quote };
}

/**
 * A word as it must stand in bash's line to mean itself, from where bash replaces it; undefined where it cannot: between double
 * quotes nothing keeps a `!` from being looked up in the history.
 */
export function bashReply(word: string, { cut, quote }: Pick<BashLine, "cut" | "quote">): string | undefined {
  const rest = word.slice(cut);
  if (quote === '"' && rest.includes("!")) return undefined;
  if (quote === "'") return rest.replaceAll("'", "'\\''");
  if (quote === '"') return rest.replace(/[\\"$`]/g, "\\$&");
  return rest.replace(/[^\p{L}\p{N}\p{M}_@%+=:,./-]/gu, "\\$&");
}
