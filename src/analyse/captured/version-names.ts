import type { Site } from "../../core/node.ts";
import type { CodePlaces } from "../code-places.ts";
import { type AnyFunction, describeData } from "./captured-data.ts";
import type { FunctionFinder } from "./captured-functions.ts";

/** What is asked of functions beside their code, and is in their versions. */
interface Asked {
  readonly captured?: "error" | "ignore";
  readonly name?: string | undefined;
}

/** What the version of functions is remembered by that are written at a place. */
export function versionName(place: string, { captured = "error", name }: Asked = {}): string {
  return `${place} ${JSON.stringify({ captured, name })}`;
}

/** What versions of functions are remembered by: where these are written, and the data that they are in. */
export class VersionNames {
  readonly #finder: FunctionFinder;
  readonly #places: CodePlaces;

  constructor(finder: FunctionFinder, places: CodePlaces) {
    this.#finder = finder;
    this.#places = places;
  }

  /** Undefined for what is found anew each time. */
  of(value: unknown, from: Site, asked: Asked): string | undefined {
    const place = this.placeOf(value, from);
    return place && versionName(place, asked);
  }

  /** Of a function, or of data with functions in it. */
  placeOf(value: unknown, from: Site): string | undefined {
    if (typeof value === "function") {
      const place = this.#placeOf(value as AnyFunction);
      return place && `function ${place}`;
    }
    const described = describeData(value, (fn) => this.#placeOf(fn));
    if (described === undefined) return undefined;
    const [frame] = from();
    return `data ${described} ${frame ? this.#places.nameOf(this.#places.original(frame).file) : ""}`;
  }

  #placeOf(fn: AnyFunction): string | undefined {
    const place = this.#finder.sourcePlaceOf(fn);
    return place && `${this.#places.nameOf(place.file)}:${place.line}:${place.column}`;
  }
}
