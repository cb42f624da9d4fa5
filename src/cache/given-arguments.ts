import { decode, encode, fingerprint } from "../core/canonical.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import { fail, failureOf } from "../core/failure.ts";
import { givenVersion } from "../core/given-version.ts";
import { classesIn, type RegisteredClass } from "../core/value-class.ts";

/**
 * The arguments of a call as they were when it was made. The function is called later, and the caller may have changed them by then: so
 * it gets copies, as stages do of their inputs.
 */
export class GivenArguments {
  readonly version: Digest;
  /** The classes whose instances are among them. */
  readonly classes: ReadonlySet<RegisteredClass>;
  readonly #args: readonly unknown[];
  /** Absent where nothing of them can change, or where they cannot be copied. */
  readonly #encoded: Uint8Array | undefined;
  readonly #canChange: boolean;
  /** Whether the function got the arguments themselves. */
  #isShared = false;

  /** @throws SluiceError `unversionable` */
  constructor(args: readonly unknown[]) {
    this.#args = args;
    this.classes = classesIn(args);
    this.#canChange = args.some((each) => each !== null && typeof each === "object");
    this.#encoded = this.#canChange ? encodedOf(args) : undefined;
    this.version = this.#encoded ? digestOf(this.#encoded) : givenVersion("what it is called with", "arguments", args);
  }

  /** What the function is called with. @throws SluiceError `input-changed` for what was changed and cannot be copied */
  taken(): readonly unknown[] {
    const copies = this.#encoded && copyOf(this.#encoded);
    this.#isShared = this.#canChange && copies === undefined;
    if (this.changed() !== undefined) {
      fail("input-changed", "the arguments were changed before the function was called", {
        hint: "wait for the call before you change what it was given",
      });
    }
    return copies ?? this.#args;
  }

  /** What to call them where they, and not copies, went to the function, and are not what they were. */
  changed(): string | undefined {
    return this.#isShared && fingerprint(this.#args) !== this.version ? "arguments" : undefined;
  }
}

/** Undefined for instances that have versions and cannot be stored. */
function encodedOf(args: readonly unknown[]): Uint8Array | undefined {
  try {
    return encode(args);
  } catch (error) {
    if (failureOf(error, "unversionable")) return undefined;
    throw error;
  }
}

/** Undefined where there are handles of files among them. */
function copyOf(encoded: Uint8Array): readonly unknown[] | undefined {
  try {
    return decode(encoded) as readonly unknown[];
  } catch (error) {
    if (failureOf(error, "unsupported-value")) return undefined;
    throw error;
  }
}
