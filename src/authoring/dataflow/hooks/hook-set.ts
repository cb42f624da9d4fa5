import { type Failure, fail, failure, failureOf } from "../../../core/failure.ts";
import { placeInStack } from "../../../run/make/stack-place.ts";
import { HookError } from "../../../run/run-hooks.ts";
import { kindOf } from "../../declaration.ts";
import type { Hook, HookMethod } from "./hook.ts";

const methods: Readonly<Record<HookMethod, true>> = {
  checkGraph: true,
  checkEdge: true,
  checkInput: true,
  beforeRun: true,
  afterRun: true,
  beforeNode: true,
  aroundNode: true,
  afterNode: true,
  beforeTask: true,
  aroundTask: true,
  afterTask: true,
  standIn: true,
  standInTask: true,
  takesStandIns: true,
};

/** A hook that has a method, and what it is called. */
export interface Named<Method extends HookMethod> {
  readonly hook: Hook & Required<Pick<Hook, Method>>;
  readonly label: string;
}

/** Where a hook was called, for messages: `before`, `the run`. */
export interface Calling {
  readonly when: "before" | "around" | "after" | "for";
  readonly what: string;
  /** The node that it was called for. */
  readonly node?: string;
}

/** The hooks of a driver, in their order. */
export class HookSet {
  readonly all: readonly Named<never>[];
  readonly #warn: (warning: Failure) => void;

  /** @throws SluiceError `usage` for what is no hook */
  constructor(hooks: readonly Hook[], warn: (warning: Failure) => void) {
    for (const [index, hook] of hooks.entries()) checkHook(hook, index);
    this.all = hooks.map((hook, index) => ({ hook, label: labelOf(hook, index) }));
    this.#warn = warn;
  }

  /** Those that have a method. */
  with<Method extends HookMethod>(method: Method): readonly Named<Method>[] {
    return this.all.filter((each): each is Named<Method> => each.hook[method] !== undefined);
  }

  has(...wanted: readonly HookMethod[]): boolean {
    return wanted.some((method) => this.all.some(({ hook }) => hook[method] !== undefined));
  }

  /**
   * Takes what a hook threw: warns of it, where the hook says so.
   * @throws HookError unless it does
   */
  failed({ hook, label }: Pick<Named<never>, "hook" | "label">, calling: Calling, error: unknown): void {
    const found = failureFrom(label, calling, error);
    if (hook.onError === "warn") this.#warn(found);
    else throw new HookError(found);
  }

  /** Warns of what cannot be thrown any more. */
  warn(warning: Failure): void {
    this.#warn(warning);
  }

  /**
   * Calls a method of all hooks that have it, one after the other.
   * @throws HookError
   */
  each<Method extends HookMethod>(
    hooks: readonly Named<Method>[],
    calling: Calling,
    call: (hook: Named<Method>["hook"]) => void | Promise<void>,
  ): void | Promise<void> {
    for (const [index, named] of hooks.entries()) {
      // What is done at once is not waited for: a hook that only counts hits must not make them slow.
      const called = this.#call(named, calling, call);
      if (called) return called.then(() => this.each(hooks.slice(index + 1), calling, call));
    }
  }

  #call<Method extends HookMethod>(
    named: Named<Method>,
    calling: Calling,
    call: (hook: Named<Method>["hook"]) => void | Promise<void>,
  ): void | Promise<void> {
    try {
      const called = call(named.hook);
      if (isPromise(called))
        return Promise.resolve(called).catch((error: unknown) => this.failed(named, calling, error));
    } catch (error) {
      this.failed(named, calling, error);
    }
  }
}

function isPromise(called: unknown): called is PromiseLike<void> {
  return typeof called === "object" && called !== null && typeof (called as PromiseLike<void>).then === "function";
}

function checkHook(given: unknown, index: number): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    fail("usage", `withHooks() needs objects, and hook ${index + 1} is ${kindOf(given)}`);
  }
  // One of a class of its own as well.
  const hook = given as Readonly<Record<string, unknown>>;
  const { name, onError } = hook;
  if (name !== undefined && typeof name !== "string") fail("usage", `the name of hook ${index + 1} must be a string`);
  if (onError !== undefined && onError !== "stop" && onError !== "warn") {
    fail("usage", `onError of ${labelOf(hook as Hook, index)} must be "stop" or "warn"`);
  }
  const known = Object.keys(methods);
  for (const method of known) {
    if (hook[method] !== undefined && typeof hook[method] !== "function") {
      fail("usage", `${method} of ${labelOf(hook as Hook, index)} must be a function, not ${kindOf(hook[method])}`);
    }
  }
  if (!known.some((method) => hook[method] !== undefined)) {
    fail("usage", `${labelOf(hook as Hook, index)} has none of the methods of hooks`, {
      hint: `they are ${known.join(", ")}`,
    });
  }
}

function labelOf(hook: Hook, index: number): string {
  const ofClass = Object.getPrototypeOf(hook)?.constructor?.name;
  const name = hook.name ?? (typeof ofClass === "string" && ofClass !== "Object" ? ofClass : undefined);
  return name === undefined || name === "" ? `hook ${index + 1}` : `hook "${name}"`;
}

function failureFrom(label: string, { when, what, node }: Calling, error: unknown): Failure {
  const said = `${label} failed ${when} ${what}`;
  const ours = failureOf(error);
  const at = node === undefined ? {} : { node };
  if (ours) return { ...ours, ...at, message: `${said}: ${ours.message}` };
  const where = placeInStack(error);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure("hook-failed", `${said}: ${message}`, { ...at, cause: error, ...(where ? { where } : {}) });
}
