import type { ParameterSyntax } from "./function-parameters.ts";

const questionMark = /\s*\?/y;

/** Whether a text is another with parts of it, such as types, made blank. */
export function isBlankedFrom(text: string, source: string): boolean {
  if (text === source) return true;
  if (text.length !== source.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 32 && code !== source.charCodeAt(i)) return false;
  }
  return true;
}

/** A source whose functions run at the same places as they are written. */
export class PlainSource {
  readonly #text: string;
  /** Absent where it is the text: a comparison for each function would take longer than all else. */
  readonly #source: string | undefined;

  /**
   * @param text as it runs: the source, or that with parts of it made blank
   * @param source as its author wrote it
   */
  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source === text ? undefined : source;
  }

  /**
   * The parameters of a function, if they are nothing but names: most that are nodes are such, and a thousand of them are read in the
   * time that parsing a module of them takes. What is left out has another form, and is for a parser.
   * @param offset where the function begins, as the engine keeps it: at the parenthesis before its parameters, if there is one
   */
  plainParameters(offset: number): readonly ParameterSyntax[] | undefined {
    const text = this.#text;
    if (text[offset] !== "(") return undefined;
    const parameters: ParameterSyntax[] = [];
    let at = afterSpace(text, offset + 1);
    while (text[at] !== ")") {
      const end = afterName(text, at);
      if (end === at) return undefined;
      parameters.push({ name: text.slice(at, end), optional: this.#isOptional(end) });
      at = afterSpace(text, end);
      if (text[at] === ",") at = afterSpace(text, at + 1);
    }
    return parameters;
  }

  /** Whether a question mark follows a name: only the source says what types said. */
  #isOptional(end: number): boolean {
    if (this.#source === undefined) return false;
    questionMark.lastIndex = end;
    return questionMark.test(this.#source);
  }
}

function afterSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); code = text.charCodeAt(at)) at += 1;
  return at;
}

/** What is no plain letter, digit, `_` or `$` is left to a parser. */
function afterName(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
    if (!isLetter && !(code >= 48 && code <= 57) && code !== 95 && code !== 36) return at;
    at += 1;
  }
}
