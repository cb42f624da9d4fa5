import type { CodeVersion } from "../analyse/code-version.ts";
import type { Site } from "../core/node.ts";
import type { RegisteredClass } from "../core/value-class.ts";
import type { CodeVersionParts } from "../metadata/metadata.ts";
import { digestWithClasses, withClasses } from "../run/class-code.ts";
import type { FunctionVersions } from "./memo-code.ts";

/** A function that was handed to `memo`. */
export interface MemoizedFunction {
  readonly site: Site;
  readonly name: string;
  readonly fn: unknown;
  /** What becomes of captured variables that cannot be versioned. */
  readonly captured: "error" | "ignore";
  /** The classes whose instances are among the arguments of a call. */
  readonly classes: ReadonlySet<RegisteredClass>;
}

/** What a function is at the time of a call. */
export interface FunctionNow {
  readonly parts: CodeVersionParts;
  /** Looks again at captured variables, and at files that are no code: the name of one that is no longer what it was. */
  readonly changed: () => string | undefined;
}

/** The versions of functions. Found once for each; those that capture variables are looked at again at each call. */
export class MemoizedCode {
  readonly #versions: FunctionVersions;
  readonly #known = new Map<Site, CodeVersion>();

  constructor(versions: FunctionVersions) {
    this.#versions = versions;
  }

  /** @throws SluiceError `captured-variable` */
  of({ site, name, fn, captured, classes }: MemoizedFunction): FunctionNow {
    if (this.#versions.renew()) this.#known.clear();
    let version = this.#known.get(site);
    if (!version || version.changedCapture?.() !== undefined) {
      version = this.#versions.of(site, name, fn, captured);
      this.#known.set(site, version);
    }
    const { digest, parts, changedCapture } = version;
    const given = this.#versions.ofClasses(classes);
    const changed = (): string | undefined => changedCapture?.() ?? this.#versions.changedFile(parts);
    return {
      parts: {
        version: given ? digestWithClasses(digest, given) : digest,
        parts: given ? withClasses(version, given).parts : parts,
        textOf: this.#versions.textOf,
      },
      changed,
    };
  }
}
