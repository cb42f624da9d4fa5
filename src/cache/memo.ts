import type { CodeVersion } from "../analyse/code-version.ts";
import type { Site } from "../core/node.ts";
import type { CodeVersionParts } from "../metadata/metadata.ts";
import type { FunctionVersions } from "./memo-code.ts";

/** A function that was handed to `memo`. */
export interface MemoizedFunction {
  readonly site: Site;
  readonly name: string;
  readonly fn: unknown;
  /** What becomes of captured variables that cannot be versioned. */
  readonly captured: "error" | "ignore";
}

/** What a function is at the time of a call. */
export interface FunctionNow {
  readonly parts: CodeVersionParts;
  /** Looks at captured variables again: the name of one that is no longer what it was. */
  readonly changedCapture: (() => string | undefined) | undefined;
}

/** The versions of functions. Found once for each; those that capture variables are looked at again at each call. */
export class MemoizedCode {
  readonly #versions: FunctionVersions;
  readonly #known = new Map<Site, CodeVersion>();

  constructor(versions: FunctionVersions) {
    this.#versions = versions;
  }

  /** @throws SluiceError `captured-variable` */
  of({ site, name, fn, captured }: MemoizedFunction): FunctionNow {
    let version = this.#known.get(site);
    if (!version || version.changedCapture?.() !== undefined) {
      version = this.#versions.of(site, name, fn, captured);
      this.#known.set(site, version);
    }
    const { digest, parts, changedCapture } = version;
    return { parts: { version: digest, parts, textOf: this.#versions.textOf }, changedCapture };
  }
}
