import { type Placeholder, placeholderText, type Template } from "./template.ts";

/** A place in a shell command, with what is around it: that says how it is quoted. */
export interface ShellPlace extends Placeholder {
  readonly quotes: "none" | "double" | "single";
  /** Whether it is a word of its own, which may become several. */
  readonly alone: boolean;
}

export type ShellTemplate = readonly (string | ShellPlace)[];

type Frame = "plain" | "double" | "single" | "backtick" | "arithmetic" | "parameter";

const separators = " \t\n;|&<>()";

/**
 * Finds out how each place in a shell command is quoted. A place becomes a reference to a positional parameter, so its value
 * is never read as shell syntax, whatever is in it; the quotes only see to it that it stays one word.
 */
export function parseShell(template: Template): ShellTemplate | { readonly problem: string; readonly hint: string } {
  const scanner = new Scanner();
  const parts: (string | ShellPlace)[] = [];
  for (const [i, part] of template.entries()) {
    if (typeof part === "string") {
      scanner.read(part);
      parts.push(part);
      continue;
    }
    const problem = scanner.problemHere();
    if (problem) return { problem: `${placeholderText(part)} stands ${problem[0]}`, hint: problem[1] };
    const next = template[i + 1];
    const ends = next === undefined || (typeof next === "string" && separators.includes(next[0]!));
    parts.push({ ...part, quotes: scanner.quotes, alone: scanner.atWordStart && ends });
    scanner.pass();
  }
  if (scanner.isOpen) return { problem: "a quote or bracket of the command is not closed", hint: "check its quotes" };
  return parts;
}

/** Reads a POSIX shell command as far as quotes go. */
class Scanner {
  readonly #frames: Frame[] = ["plain"];
  #comment = false;
  #hereDocument = false;
  /** Whether the next character is taken as it is. */
  #escaped = false;
  #last = " ";

  get #frame(): Frame {
    return this.#frames.at(-1)!;
  }

  get quotes(): ShellPlace["quotes"] {
    return this.#frame === "double" ? "double" : this.#frame === "single" ? "single" : "none";
  }

  get atWordStart(): boolean {
    return this.#frame === "plain" && separators.includes(this.#last);
  }

  /** Quotes of a here-document need no end, and it is not read here. */
  get isOpen(): boolean {
    return !this.#hereDocument && this.#frames.some((frame) => frame !== "plain");
  }

  /** Why a value cannot be put here, and what to do instead. */
  problemHere(): readonly [where: string, hint: string] | undefined {
    if (this.#hereDocument) return ["after a here-document (<<)", "put the command into a script file"];
    if (this.#escaped) return ["right after a backslash", "leave the backslash out: values need no quoting"];
    if (this.#last === "$" && this.#frame !== "single")
      return ["right after a $", "leave the $ out; a variable of the shell is written $NAME"];
    if (this.#frame === "backtick") return ["between backticks", "write $( ) in place of the backticks"];
    if (this.#frame === "arithmetic") return ["inside $(( ))", "a value there would be read as an expression"];
    if (this.#frame === "parameter") return [`inside \${ }`, "put it into a variable of the shell first"];
    return undefined;
  }

  /** A value stands here. */
  pass(): void {
    this.#last = "x";
  }

  read(text: string): void {
    for (let at = 0; at < text.length; at++) at += this.#step(text, at);
  }

  /** Gives how many characters it has read beyond this one. */
  #step(text: string, at: number): number {
    const char = text[at]!;
    const before = this.#last;
    this.#last = char;
    if (this.#comment) {
      this.#comment = char !== "\n";
      return 0;
    }
    if (this.#escaped) {
      this.#escaped = false;
      // An escaped space does not end a word, nor is an escaped $ one.
      this.#last = "x";
      return 0;
    }
    const frame = this.#frame;
    if (frame === "single") {
      if (char === "'") this.#frames.pop();
      return 0;
    }
    if (char === "\\") this.#escaped = true;
    else if (char === "$") return this.#dollar(text, at);
    else if (char === '"') this.#toggle("double");
    else if (char === "`") this.#toggle("backtick");
    else if (frame === "parameter" && char === "}") this.#frames.pop();
    else if (frame === "arithmetic" && char === ")" && text[at + 1] === ")") {
      this.#frames.pop();
      return 1;
    } else if (frame === "plain") this.#plain(text, at, char, before);
    return 0;
  }

  #plain(text: string, at: number, char: string, before: string): void {
    if (char === "'") this.#frames.push("single");
    else if (char === "(") this.#frames.push("plain");
    else if (char === ")" && this.#frames.length > 1) this.#frames.pop();
    else if (char === "#" && separators.includes(before)) this.#comment = true;
    else if (char === "<" && before !== "<" && text[at + 1] === "<" && text[at + 2] !== "<") this.#hereDocument = true;
  }

  #dollar(text: string, at: number): number {
    if (text.startsWith("((", at + 1)) {
      this.#frames.push("arithmetic");
      return 2;
    }
    if (text[at + 1] === "(") this.#frames.push("plain");
    else if (text[at + 1] === "{") this.#frames.push("parameter");
    else return 0;
    this.#last = "(";
    return 1;
  }

  #toggle(frame: "double" | "backtick"): void {
    if (this.#frame === frame) this.#frames.pop();
    else this.#frames.push(frame);
  }
}

/** What a place of a shell command stands for in the script: references to the parameters that hold its values. */
export function shellReferences({ quotes }: ShellPlace, first: number, count: number): string {
  if (quotes === "double") return `\${${first}}`;
  if (quotes === "single") return `'"\${${first}}"'`;
  return Array.from({ length: count }, (_, i) => `"\${${first + i}}"`).join(" ");
}
