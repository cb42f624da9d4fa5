const ascii = /^[ -~]*$/;

/** Columns that text takes on a terminal. The text is one line without control characters. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  let last = 0;
  for (const character of text) {
    const own = character === emojiForm && last === 1 ? 1 : widthOf(character);
    width += own;
    last = own;
  }
  return width;
}

/** Asks for the form of a character that is a picture, which is two columns wide where it is heeded. */
const emojiForm = "\ufe0f";

function widthOf(character: string): number {
  if (character <= "~") return 1;
  return isZero(character) ? 0 : isWide(character) ? 2 : 1;
}

// Patterns with properties of Unicode take up to two milliseconds to make, and most texts are ASCII.

function isZero(character: string): boolean {
  return /[\p{Mark}\p{Default_Ignorable_Code_Point}]/v.test(character);
}

function isWide(character: string): boolean {
  return /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/v.test(
    character,
  );
}

/** Text cut to at most so many columns; a cut is shown as `…`. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let left = columns - 1;
  for (const character of text) {
    left -= character === emojiForm ? 1 : widthOf(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The rows that text takes on a terminal of so many columns. A wide character that does not fit goes to the next row as a whole. */
export function rowsTaken(text: string, columns: number): number {
  if (columns < 1) return 1;
  if (ascii.test(text)) return Math.max(1, Math.ceil(text.length / columns));
  let rows = 1;
  let column = 0;
  for (const character of text) {
    const width = widthOf(character);
    if (column + width > columns) {
      rows += 1;
      column = 0;
    }
    column += width;
  }
  return rows;
}

/** Text followed by spaces up to so many columns. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** Spaces up to so many columns, then text. */
export function padStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - displayWidth(text))) + text;
}
