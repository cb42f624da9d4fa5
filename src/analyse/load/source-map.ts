const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digits = new Uint8Array(128);
for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i;

/** One place in generated code and the place it came from. Lines and columns count from 1. */
export interface MappedPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Where generated code came from, by position. Held as numbers, four a segment, in the order of the generated code, so that
 * a stored map is looked up without decoding it again: Node's own decoder takes ten milliseconds for a thousand stages.
 */
export class PositionMap {
  readonly #segments: Uint32Array;

  constructor(segments: Uint32Array) {
    this.#segments = segments;
  }

  /** From `mappings` of a source map with one source (https://tc39.es/ecma426/). */
  static decode(mappings: string): PositionMap {
    const segments: number[] = [];
    let generatedLine = 1;
    let generatedColumn = 0;
    let line = 0;
    let column = 0;
    const fields: number[] = [];
    for (let at = 0; at <= mappings.length; ) {
      const char = mappings.charCodeAt(at);
      if (at === mappings.length || char === 44 || char === 59) {
        if (fields.length > 0) generatedColumn += fields[0]!;
        if (fields.length >= 4) {
          line += fields[2]!;
          column += fields[3]!;
          segments.push(generatedLine, generatedColumn + 1, line + 1, column + 1);
        }
        fields.length = 0;
        if (char === 59) {
          generatedLine++;
          generatedColumn = 0;
        }
        at++;
        continue;
      }
      let value = 0;
      let shift = 0;
      for (let more = true; more; shift += 5) {
        const digit = digits[mappings.charCodeAt(at++)]!;
        more = (digit & 32) !== 0;
        value += (digit & 31) * 2 ** shift;
      }
      fields.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    }
    return new PositionMap(Uint32Array.from(segments));
  }

  static fromBytes(bytes: Uint8Array): PositionMap {
    // A copy of its own: a Buffer may lie anywhere in a larger one, and numbers must be aligned.
    return new PositionMap(new Uint32Array(new Uint8Array(bytes).buffer));
  }

  toBytes(): Uint8Array {
    return new Uint8Array(this.#segments.buffer);
  }

  /** The place behind the last segment of this line that starts at or before this column. */
  original(line: number, column: number): MappedPlace | undefined {
    const segments = this.#segments;
    let low = 0;
    let high = segments.length / 4;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * 4;
      const before = segments[at]! < line || (segments[at] === line && segments[at + 1]! <= column);
      if (before) low = middle + 1;
      else high = middle;
    }
    const at = (low - 1) * 4;
    if (low === 0 || segments[at] !== line) return undefined;
    return { line: segments[at + 2]!, column: segments[at + 3]! };
  }
}
