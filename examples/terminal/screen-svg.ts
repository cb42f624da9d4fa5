import type { IBufferCell, Terminal } from "@xterm/headless";

const cell = { width: 8.4, height: 18 };
const margin = { side: 14, top: 40, bottom: 14 };
const background = "#1b1f27";
const foreground = "#d6dae2";
/** Black, red, green, yellow, blue, magenta, cyan, white. */
const palette = ["#3b4252", "#e06c75", "#8cc570", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d6dae2"];

/** What the window of a terminal shows, as a picture. */
export function screenSvg(terminal: Terminal, title: string): string {
  const { cols } = terminal;
  const { active } = terminal.buffer;
  const width = Math.round(cols * cell.width + 2 * margin.side);
  const shown = lastRow(terminal) + 1;
  const height = shown * cell.height + margin.top + margin.bottom;
  const texts: string[] = [];
  for (let row = 0; row < shown; row++) {
    const line = active.getLine(active.baseY + row);
    if (!line) continue;
    const y = margin.top + row * cell.height + 13;
    for (const { text, columns, start, style } of runs(cols, (column) => line.getCell(column))) {
      const x = (margin.side + start * cell.width).toFixed(1);
      const length = (columns * cell.width).toFixed(1);
      texts.push(`<text x="${x}" y="${y}" textLength="${length}" ${style}>${escaped(text)}</text>`);
    }
  }
  const lights = ["#e06c75", "#e5c07b", "#8cc570"].map(
    (fill, i) => `<circle cx="${20 + i * 18}" cy="18" r="6" fill="${fill}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${background}"/>
${lights.join("")}
<text x="${width / 2}" y="22" fill="#8a93a3" font-family="sans-serif" font-size="12" text-anchor="middle">${escaped(title)}</text>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="${foreground}">
${texts.join("\n")}
</g>
</svg>
`;
}

/** The last row that has something in it. */
function lastRow({ buffer: { active }, rows }: Terminal): number {
  for (let row = rows - 1; row > 0; row--) {
    if (
      active
        .getLine(active.baseY + row)
        ?.translateToString(true)
        .trim()
    )
      return row;
  }
  return 0;
}

interface Run {
  text: string;
  columns: number;
  readonly start: number;
  readonly style: string;
}

/** Words of cells that look alike: what is between them is empty, and would not keep its width in every viewer. */
function runs(columns: number, cellAt: (column: number) => IBufferCell | undefined): readonly Run[] {
  const found: Run[] = [];
  for (let column = 0; column < columns; column++) {
    const at = cellAt(column);
    const text = at?.getChars().trim();
    if (!at || !text) continue;
    const style = styleOf(at);
    const last = found.at(-1);
    const isNext = last !== undefined && last.start + last.columns === column && last.style === style;
    // a wide character stands by itself, so that it keeps its place in whatever font
    if (isNext && at.getWidth() === 1 && last.columns === [...last.text].length) {
      last.text += text;
      last.columns += 1;
    } else found.push({ text, columns: at.getWidth(), start: column, style });
  }
  return found;
}

function styleOf(at: IBufferCell): string {
  const color = at.isFgPalette() ? palette[at.getFgColor() % 8] : undefined;
  return [
    ...(color ? [`fill="${color}"`] : []),
    ...(at.isBold() ? ['font-weight="bold"'] : []),
    ...(at.isDim() ? ['opacity="0.6"'] : []),
  ].join(" ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
