import type { Place } from "../../core/failure.ts";
import { LineIndex } from "../syntax/syntax.ts";
import { type BundleMap, bundleMapOf } from "./bundle-map.ts";
import { relativeTo } from "./module-path.ts";

/** A module that a bundler made of others and that says, by a source map, of which. */
export class Bundle {
  readonly #root: string;
  readonly #source: string;
  readonly #map: BundleMap;
  #lines: LineIndex | undefined;

  constructor(root: string, source: string, map: BundleMap) {
    this.#root = root;
    this.#source = source;
    this.#map = map;
  }

  static of(root: string, file: string, source: string): Bundle | undefined {
    const map = bundleMapOf(file, source);
    return map && new Bundle(root, source, map);
  }

  /** For a part of code that starts at an offset of the bundle: the file that it came from, and its line there. */
  originOf(offset: number | undefined): { readonly from: string; readonly line: number } | undefined {
    if (offset === undefined) return undefined;
    this.#lines ??= new LineIndex(this.#source);
    const { line, column } = this.#lines.place(offset);
    const place = this.#map.place(line, column);
    return place && { from: relativeTo(this.#root, place.file), line: place.line };
  }

  /** What is behind a place of the bundle; undefined for code of the bundler's own. */
  place(line: number, column: number): Required<Place> | undefined {
    const place = this.#map.place(line, column);
    return place && { file: place.file, line: place.line, column: place.column };
  }
}
