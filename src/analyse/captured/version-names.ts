import type { Place } from "../../core/failure.ts";
import type { Frame, Site } from "../../core/node.ts";
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
  readonly #original: (frame: Frame) => Place;
  readonly #nameOf: (file: string) => string;

  /**
   * @param original the place of a frame as its author wrote it
   * @param nameOf what a file is called in versions
   */
  constructor(finder: FunctionFinder, original: (frame: Frame) => Place, nameOf: (file: string) => string) {
    this.#finder = finder;
    this.#original = original;
    this.#nameOf = nameOf;
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
    return `data ${described} ${frame ? this.#nameOf(this.#original(frame).file) : ""}`;
  }

  #placeOf(fn: AnyFunction): string | undefined {
    const place = this.#finder.sourcePlaceOf(fn);
    return place && `${this.#nameOf(place.file)}:${place.line}:${place.column}`;
  }
}
