/**
 * What is put at the end of the user's modules, in the compiler's view of them alone, to give names to what has none outside: functions
 * that are not exported, arguments of calls, type arguments. The places of all that is before it stay as they are.
 */
export class Appended {
  readonly #lines = new Map<string, Map<string, string>>();
  #count = 0;

  /** How another module names the type of an expression at the top level of a file. */
  typeOf(file: string, expression: string): string {
    return `typeof import(${JSON.stringify(file)}).${this.#add(file, `const NAME = (${expression});`)}`;
  }

  /** How another module names a type that is written at the top level of a file. */
  type(file: string, text: string): string {
    return `import(${JSON.stringify(file)}).${this.#add(file, `type NAME = ${text};`)}`;
  }

  /** The text for the end of a file; empty for most. */
  of(file: string): string {
    return [...(this.#lines.get(file) ?? [])]
      .map(([line, name]) => `\nexport ${line.replace("NAME", () => name)}`)
      .join("");
  }

  get files(): readonly string[] {
    return [...this.#lines.keys()];
  }

  #add(file: string, line: string): string {
    const lines = this.#lines.get(file) ?? new Map<string, string>();
    this.#lines.set(file, lines);
    const name = lines.get(line) ?? `__sluice_${this.#count++}`;
    lines.set(line, name);
    return name;
  }
}
