/** How two values differ: JSON-able, with totals, and with the first differences only, so that it stays small. */
export type Difference = ValueDifference | TableDifference | TextDifference | BytesDifference | FileDifference;

/** Values of any kind, compared part by part. */
export interface ValueDifference {
  readonly kind: "value";
  readonly equal: boolean;
  /** How many parts differ. */
  readonly total: number;
  /** The first of them. */
  readonly entries: readonly ValueChange[];
}

/**
 * One part of a value that differs.
 * `type`: it is of another kind. `order`: its keys, entries or members come in another order. `sharing`: it is one object in
 * two places in one of the values, and two equal objects in the other. `hidden`: it differs in what its text does not show.
 */
export interface ValueChange {
  /** The way to it as a JavaScript expression: `result.rows[3].name`. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed" | "type" | "order" | "sharing" | "hidden";
  /** Short texts; absent where there is nothing to show. */
  readonly before?: string;
  readonly after?: string;
  /** How the two parts differ, where they are tables, long texts, bytes or files. */
  readonly within?: Difference;
}

/** Tables, or lists of plain records. */
export interface TableDifference {
  readonly kind: "table";
  readonly equal: boolean;
  /** `key`: rows are the same row where their `key` columns are equal. `position`: where they are in the same place. */
  readonly matchedBy: "key" | "position";
  readonly key?: readonly string[];
  readonly rows: {
    readonly before: number;
    readonly after: number;
    readonly added: number;
    readonly removed: number;
    /** Rows that are in both, with other values. */
    readonly changed: number;
    /** Rows that are in both, with the same values, in another order among those. */
    readonly moved: number;
  };
  readonly columns: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** The columns in which rows differ, those with most first, and in how many. */
    readonly changed: readonly { readonly name: string; readonly rows: number }[];
    /** Columns whose type, nullability or metadata differ. */
    readonly types: readonly { readonly name: string; readonly before: string; readonly after: string }[];
    /** Whether the columns that both have come in another order. */
    readonly reordered: boolean;
  };
  /** The first rows that differ. */
  readonly sample: readonly RowChange[];
  /** What else a reader should know: rows that share a key, differences that no cell shows. */
  readonly notes: readonly string[];
}

/** One row that differs. Rows count from 0. */
export interface RowChange {
  readonly change: "added" | "removed" | "changed" | "moved";
  /** Where it is in the table before, and in the table after. */
  readonly rowBefore?: number;
  readonly rowAfter?: number;
  /** The values of the key columns as short texts, if there is a key. */
  readonly key?: readonly string[];
  /** The cells that differ, or those of the row that was added or removed, as short texts; absent where there is no such cell. */
  readonly cells: readonly { readonly column: string; readonly before?: string; readonly after?: string }[];
  /** How many more cells there are. */
  readonly moreCells?: number;
}

/** Texts, line by line. */
export interface TextDifference {
  readonly kind: "text";
  readonly equal: boolean;
  readonly lines: {
    readonly before: number;
    readonly after: number;
    readonly added: number;
    readonly removed: number;
  };
  /** Where they first differ; line and column (in UTF-16 units) count from 1. */
  readonly first?: { readonly line: number; readonly column: number };
  /** The first changes, with the lines around them. */
  readonly hunks: readonly Hunk[];
  /** How many changed lines the hunks leave out. */
  readonly moreLines: number;
  /** Whether it is known that no difference with fewer lines exists; texts that differ in too much are compared more roughly. */
  readonly smallest: boolean;
}

export interface Hunk {
  /** The first line of the hunk in each text; they count from 1. */
  readonly beforeLine: number;
  readonly afterLine: number;
  readonly lines: readonly HunkLine[];
}

export interface HunkLine {
  readonly change: "same" | "added" | "removed";
  /** Without its line feed; cut when it is very long. */
  readonly text: string;
  /** The last line of a text that does not end with a line feed. */
  readonly noNewline?: true;
}

export interface BytesDifference {
  readonly kind: "bytes";
  readonly equal: boolean;
  readonly size: { readonly before: number; readonly after: number };
  /** The offset of the first byte that differs, and the bytes from there on as hexadecimal digits. */
  readonly first?: { readonly offset: number; readonly before: string; readonly after: string };
  /** How many bytes of those that both have differ. */
  readonly changed: number;
}

/** Files, by what a key sees of them, and by their content where it is there. */
export interface FileDifference {
  readonly kind: "file";
  readonly equal: boolean;
  readonly before: FileFacts;
  readonly after: FileFacts;
  /** Absent for equal contents, and where `contentMissing` says why. */
  readonly content?: TextDifference | BytesDifference;
  readonly contentMissing?: string;
}

export interface FileFacts {
  /** Whether it is a file of the project, or one that a stage made. */
  readonly origin: "project" | "store";
  readonly name: string;
  readonly size: number;
  readonly digest: string;
  readonly executable: boolean;
}

export interface DifferenceOptions {
  /** The columns that tell rows of a table apart. Rows are compared by position unless given. */
  readonly key?: readonly string[];
  /** The most differences of each kind that are kept: parts, rows, changed lines; 20 unless given. */
  readonly limit?: number;
}
