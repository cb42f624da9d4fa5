/** The characters that a live view is drawn with. */
export interface Glyphs {
  /** Of a bar: what is done, what is left. */
  readonly done: string;
  readonly left: string;
  /** Around a bar. */
  readonly open: string;
  readonly close: string;
  /** Between parts of a line. */
  readonly between: string;
  /** Before a line of a log. */
  readonly log: string;
}

const drawn: Glyphs = { done: "━", left: "─", open: "", close: "", between: " · ", log: "│" };
const ascii: Glyphs = { done: "#", left: "-", open: "[", close: "]", between: ", ", log: "|" };

/** @param unicode whether the terminal shows more than ASCII */
export function glyphsFor(unicode: boolean): Glyphs {
  return unicode ? drawn : ascii;
}
