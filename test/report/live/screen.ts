import xterm, { type IBufferLine, type Terminal } from "@xterm/headless";

/** A real terminal, without its window: what is written to it is shown as xterm.js shows it. */
export class Screen {
  readonly terminal: Terminal;
  #pending = "";

  constructor(columns: number, rows: number) {
    // a terminal's driver turns a new line into a return and a new line
    this.terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 1_000_000,
      convertEol: true,
      allowProposedApi: true,
    });
  }

  get columns(): number {
    return this.terminal.cols;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  readonly write = (text: string): void => {
    this.#pending += text;
  };

  /** All bytes of this text, shown. */
  async shown(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    await new Promise<void>((resolve) => this.terminal.write(text, resolve));
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.shown();
    this.terminal.resize(columns, rows);
  }

  /** The rows of the window. */
  window(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.rows }, (_, row) => textOf(active.getLine(active.baseY + row)!));
  }

  /** Everything, scrollback included, as it was written: rows that a line was broken into are one. */
  lines(): string[] {
    const { active } = this.terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row)!;
      const text = line.translateToString(false);
      if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    const trimmed = lines.map((line) => line.trimEnd());
    while (trimmed.at(-1) === "") trimmed.pop();
    return trimmed;
  }

  /** Where the cursor is, the rows of the scrollback counted. */
  cursor(): { readonly column: number; readonly row: number } {
    const { baseY, cursorX, cursorY } = this.terminal.buffer.active;
    return { column: cursorX, row: baseY + cursorY };
  }
}

function textOf(line: IBufferLine): string {
  return line.translateToString(true);
}

/** Whether the cursor is shown after all of this text. */
export function cursorShown(text: string): boolean {
  return text.lastIndexOf("\x1b[?25h") >= text.lastIndexOf("\x1b[?25l");
}

/** Whether lines wrap after all of this text. */
export function wraps(text: string): boolean {
  return text.lastIndexOf("\x1b[?7h") >= text.lastIndexOf("\x1b[?7l");
}
