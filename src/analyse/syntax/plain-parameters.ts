import type { ParameterSyntax } from "./function-parameters.ts";
import { LineIndex } from "./syntax.ts";

/**
 * A function, by its text, whose parameters are nothing but names: most that are nodes are such, and a thousand of them are read in
 * the time that parsing a module of them takes. What is left out has another form, and is for a parser.
 */
const onlyNames = /^(?:async(?:[ \t]+function|[ \t]*(?=\())|function)?[ \t]*\*?[ \t]*[\w$]*[ \t]*\(([\w$,\s]*)\)/;

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
  readonly #source: string;
  readonly #lines: LineIndex;

  constructor(source: string) {
    this.#source = source;
    this.#lines = new LineIndex(source);
  }

  /**
   * The parameters of a function, if they are all plain names.
   * @param text the function as it runs
   * @param place of the parenthesis before its parameters
   */
  plainParameters(
    text: string,
    { line, column }: { readonly line: number; readonly column: number },
  ): readonly ParameterSyntax[] | undefined {
    const list = onlyNames.exec(text)?.[1];
    if (list === undefined) return undefined;
    const source = this.#lines.offset(line, column);
    const parameters: ParameterSyntax[] = [];
    for (const match of list.matchAll(/[\w$]+/g)) {
      const at = source + 1 + match.index;
      // Only the source says what types said.
      if (!this.#source.startsWith(match[0], at)) return undefined;
      questionMark.lastIndex = at + match[0].length;
      const optional = questionMark.test(this.#source);
      parameters.push({ name: match[0], optional });
    }
    return parameters;
  }
}
