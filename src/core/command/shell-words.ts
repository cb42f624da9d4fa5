/** A word of a shell command, as the shell would hand it on. */
export interface ShellWord {
  readonly text: string;
  /** Whether it is a pattern, which the shell replaces by the names of files that match. */
  readonly isPattern: boolean;
}

/**
 * The words that are written out in a shell command, also in what it runs for its output (`"$(cat x)"`) and in what another shell is
 * given (`sh -c 'cat x'`). Rather a word too many than one too few: what stands in a comment, in a here-document or after a quote that is
 * none is taken as well, as far as it looks like words.
 */
export function shellWords(text: string): readonly ShellWord[] {
  const words: ShellWord[] = [];
  for (const [, double, single, bare] of text.matchAll(/"([^"]*)"|'([^']*)'|([^\s;|&<>()"'`]+)/g)) {
    // A dot by itself is most often the command that reads a script; as a word it is found below.
    if (bare !== ".") words.push({ text: double ?? single ?? bare!, isPattern: false });
  }
  return [...words, ...new Reader(text).words];
}

const separators = " \t\r\n;|&<>()`";
/** Behind these a command begins. */
const beginnings = "\n;|&(`";

class Reader {
  readonly words: ShellWord[] = [];
  /** The words of this text alone. */
  readonly #written: string[] = [];
  readonly #text: string;
  #at = 0;
  /** The word that is being read; undefined between two. */
  #word: string | undefined;
  #isPattern = false;
  /** Whether the next word is the name of a command. */
  #isCommand = true;

  constructor(text: string) {
    this.#text = text;
    while (this.#at < text.length) this.#read("");
    this.#end();
  }

  /** Reads code up to a character that ends it, or to the end. */
  #read(until: string): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === until) break;
      if (separators.includes(char)) {
        this.#end();
        if (beginnings.includes(char)) this.#isCommand = true;
        if (char === "(" && until !== "") this.#inner(")");
      } else if (char === "#" && this.#word === undefined) this.#skipComment();
      else if (char === "\\") this.#escape();
      else if (char === "'") this.#single();
      else if (char === '"') this.#double();
      else {
        if ("*?[".includes(char)) this.#isPattern = true;
        this.#add(char);
      }
    }
    this.#end();
    this.#at++;
  }

  /** Code within this, from the character behind the one that opens it to the one that closes it. */
  #inner(until: string): void {
    this.#end();
    this.#isCommand = true;
    this.#at++;
    this.#read(until);
    this.#at--;
  }

  #skipComment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = (end < 0 ? this.#text.length : end) - 1;
  }

  /** A line that is broken goes on; any other character is itself. */
  #escape(): void {
    const next = this.#text[++this.#at];
    if (next !== undefined && next !== "\n") this.#add(next);
  }

  #single(): void {
    const end = this.#text.indexOf("'", this.#at + 1);
    this.#add(this.#text.slice(this.#at + 1, end < 0 ? undefined : end));
    this.#at = end < 0 ? this.#text.length : end;
  }

  #double(): void {
    this.#add("");
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      const next = this.#text[this.#at + 1];
      if (char === '"') return;
      if (char === "`") this.#inner("`");
      else if (char === "$" && next === "(") {
        this.#at++;
        this.#inner(")");
      } else if (char === "\\" && next !== undefined && '"\\$`\n'.includes(next)) this.#escape();
      else this.#add(char);
    }
  }

  #add(text: string): void {
    this.#word = (this.#word ?? "") + text;
  }

  #end(): void {
    if (this.#word === undefined) return;
    if (this.#word !== "") this.#keep({ text: this.#word, isPattern: this.#isPattern });
    this.#word = undefined;
    this.#isPattern = false;
  }

  #keep(word: ShellWord): void {
    if (!this.#isCommand || word.text !== ".") this.words.push(word);
    this.#isCommand = false;
    this.#written.push(word.text);
    if (isForShell(this.#written, this.#written.length - 1)) this.words.push(...shellWords(word.text));
  }
}

/** Whether an argument is what a shell is told to run: what follows `-c`. */
export function isForShell(argv: readonly (string | undefined)[], i: number): boolean {
  return i > 1 && /^-[A-Za-z]*c[A-Za-z]*$/.test(argv[i - 1] ?? "") && argv.slice(0, i - 1).some(isShell);
}

function isShell(program: string | undefined): boolean {
  return program !== undefined && /(?:^|[/\\])(?:|ba|da|z|k|a|fi)sh(?:\.exe)?$/.test(program);
}
