/*
 * A picture is drawn where its reader's fonts are not known. So texts are measured by the widest of the usual fonts
 * (DejaVu Sans), in hundredths of the font's size, and boxes have room to spare in the others.
 */
const regular = widths(
  "32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 56 102 73 69 73 78 67 62 78 76 34 50 73 62 89 75 79 67 79 73 67 62 74 73 99 73 73 69 40 34 40 84 56 50 62 64 55 64 62 36 64 64 28 28 58 28 98 64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84",
);
const bold = widths(
  "35 46 56 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 62 100 78 77 74 84 69 69 83 84 39 56 78 67 100 84 86 74 86 78 73 69 82 78 111 78 73 73 46 37 46 84 56 50 68 72 60 72 68 44 72 72 35 35 67 35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84",
);

function widths(table: string): readonly number[] {
  return table.split(" ").map(Number);
}

/** How a text is set: size in pixels. */
export interface Font {
  readonly size: number;
  readonly bold?: boolean;
}

/** Characters that take no room of their own: marks, joiners, variation selectors. */
const none = /[\p{Mark}\p{Default_Ignorable_Code_Point}]/v;
const latin = /[\u00a0-\u024f\p{Script=Greek}\p{Script=Hebrew}]/v;

/** The most that a text takes in the usual fonts, in pixels. */
export function textWidth(text: string, font: Font): number {
  let sum = 0;
  for (const character of text) sum += widthOf(character, font);
  return (sum * font.size) / 100;
}

function widthOf(character: string, font: Font): number {
  const code = character.codePointAt(0)!;
  if (code >= 32 && code < 127) return (font.bold ? bold : regular)[code - 32]!;
  if (none.test(character)) return 0;
  if (latin.test(character)) return 90;
  // Ideographs and emoji fill a square; of other scripts the widest letters take more.
  return code < 0x2e80 ? 138 : 110;
}

/** A text cut to at most so many pixels; a cut is shown as `…`. Letters stay together with their marks. */
export function fitText(text: string, width: number, font: Font): string {
  if (textWidth(text, font) <= width) return text;
  let left = width - textWidth("…", font);
  let kept = "";
  for (const { segment } of new Intl.Segmenter("en").segment(text.slice(0, 2000))) {
    left -= textWidth(segment, font);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
