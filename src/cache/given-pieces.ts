import { fail } from "../core/failure.ts";
import type { JsonValue } from "../core/json.ts";
import { checkName } from "./names.ts";
import { aText, checkOptions, texts } from "./options.ts";
import type { Bytes, Pieces, PutDirOptions, PutValueOptions } from "./pieces.ts";
import { Troubles } from "./troubles.ts";

/** One piece of an entry, as it was given. */
export type Piece =
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "dir"; readonly name: string; readonly path: string; readonly exclude: readonly string[] }
  | { readonly kind: "bytes"; readonly name: string; readonly content: Bytes }
  | { readonly kind: "value"; readonly name: string; readonly value: unknown; readonly format: string };

/** All that an entry is to hold. */
export interface GivenEntry {
  readonly pieces: readonly Piece[];
  readonly meta: { readonly [name: string]: JsonValue };
  /** Whether all of it can be read more than once. */
  readonly isLasting: boolean;
}

/** Whether bytes are there at once. */
export function isWhole(content: Bytes): content is Uint8Array | string {
  return typeof content === "string" || content instanceof Uint8Array;
}

/** The pieces of an entry as they are given, checked one by one. */
export class GivenPieces implements Pieces {
  readonly #pieces = new Map<string, Piece>();
  readonly #meta: Record<string, JsonValue> = {};
  readonly #troubles = new Troubles();

  file(name: string, path: string): this {
    return this.#add(name, "file", () => {
      if (typeof path !== "string" || path === "")
        fail("usage", `the path of the file ${JSON.stringify(name)} is missing`);
      return { kind: "file", name, path };
    });
  }

  dir(name: string, path: string, options: PutDirOptions = {}): this {
    return this.#add(name, "dir", () => {
      if (typeof path !== "string" || path === "")
        fail("usage", `the path of the folder ${JSON.stringify(name)} is missing`);
      checkOptions("put.dir()", options, { exclude: texts });
      return { kind: "dir", name, path, exclude: options.exclude ?? [] };
    });
  }

  bytes(name: string, content: Bytes): this {
    return this.#add(name, "bytes", () => {
      const isStream =
        content !== null &&
        typeof content === "object" &&
        (Symbol.asyncIterator in content || Symbol.iterator in content);
      if (typeof content !== "string" && !isStream) {
        fail("usage", `the bytes ${JSON.stringify(name)} are neither bytes nor a string nor a stream`);
      }
      return { kind: "bytes", name, content };
    });
  }

  value(name: string, value: unknown, options: PutValueOptions = {}): this {
    return this.#add(name, "value", () => {
      checkOptions("put.value()", options, { format: aText });
      return { kind: "value", name, value, format: options.format ?? "auto" };
    });
  }

  meta(name: string, value: JsonValue): this {
    this.#troubles.during(() => {
      checkName("metadata", name);
      Object.defineProperty(this.#meta, name, { value: asJson(name, value), enumerable: true, configurable: true });
    });
    return this;
  }

  /** What was given. @throws SluiceError `usage`: what is wrong, all of it at once */
  given(): GivenEntry {
    this.#troubles.throwAny("what the entry is to hold");
    const pieces = [...this.#pieces.values()];
    const isStream = (piece: Piece) => piece.kind === "bytes" && !isWhole(piece.content);
    return { pieces, meta: this.#meta, isLasting: !pieces.some(isStream) };
  }

  #add(name: string, what: Piece["kind"], make: () => Piece): this {
    this.#troubles.during(() => {
      checkName(what === "bytes" ? "bytes" : `a ${what === "dir" ? "folder" : what}`, name);
      const piece = make();
      if (this.#pieces.has(name)) fail("usage", `the name ${JSON.stringify(name)} is given twice`);
      this.#pieces.set(name, piece);
    });
    return this;
  }
}

/** A copy as JSON has it: a value that JSON would change is refused. */
function asJson(name: string, value: unknown): JsonValue {
  let depth = 0;
  const check = (at: unknown): JsonValue => {
    if (at === null || typeof at === "boolean" || typeof at === "string") return at;
    if (typeof at === "number" && Number.isFinite(at) && !Object.is(at, -0)) return at;
    if (typeof at === "object" && ++depth <= 100) {
      const isPlain = Array.isArray(at) || Object.getPrototypeOf(at) === Object.prototype;
      const copy = Array.isArray(at)
        ? at.map(check)
        : isPlain && Object.fromEntries(Object.entries(at).map(([key, each]) => [key, check(each)]));
      depth -= 1;
      if (copy) return copy;
    }
    return fail("usage", `the metadata ${JSON.stringify(name)} is not JSON`, {
      hint: "give texts, finite numbers, true, false, null, lists and plain objects of them; or keep it with .value()",
    });
  };
  return check(value);
}
