import { fail } from "../../core/failure.ts";
import { LineIndex } from "../syntax/syntax.ts";
import { type FunctionPlace, isNative, placeOfFunction, scriptTextOf } from "./function-place.ts";

/*
 * What a function captures, as the engine keeps it. JavaScript itself has no way to look into a closure, but the engine's
 * inspector has, and it can be asked from inside of the process.
 */

/** A function as the engine knows it. */
export interface FunctionView {
  /** The local scopes around it, innermost first: live values by name. */
  readonly scopes: readonly object[];
  /** Whether the module around it has a scope of its own, which is not among these. */
  readonly inModule: boolean;
  /** Where its code starts; absent for what is not written in JavaScript. */
  readonly location?: Location;
  /** What `bind` made it of. */
  readonly bound?: { readonly target: unknown; readonly self: unknown; readonly args: readonly unknown[] };
}

/** A place in a script, counted from 1. */
export interface Location {
  readonly scriptId: string;
  readonly line: number;
  readonly column: number;
}

/** What the inspector tells of a script; it begins at line and column 0 unless somebody said otherwise. */
interface ParsedScript {
  readonly scriptId: string;
  readonly url: string;
  readonly startLine: number;
  readonly startColumn: number;
}

interface Remote {
  readonly objectId?: string;
  readonly value?: unknown;
}

interface Properties {
  readonly internalProperties?: readonly { readonly name: string; readonly value?: Remote }[];
}

/** Scopes of a module or of all programs: what is in them is no captured variable. */
const outer = /^(?:Module|Script|Global)\b/;

/** By this symbol the engine's inspector gets at objects of ours and we at its own. */
const shared = Symbol.for("sluice.inspected");

/** Looks into functions. There is one in a process: see {@link functionInspector}. */
export class FunctionInspector {
  #session: import("node:inspector").Session | undefined;
  readonly #inspected: { fn?: unknown; got?: unknown } = {};

  /** @throws SluiceError `captured-variable` where this Node has no inspector, or does not permit it */
  view(fn: (...args: never) => unknown): FunctionView {
    const known = this.#bare.get(fn);
    if (known) return known;
    const view = this.#look(fn);
    // A function with no local scope around it never gets one: looking again would tell the same.
    if (view.scopes.length === 0 && !view.bound) this.#bare.set(fn, view);
    return view;
  }
  readonly #bare = new WeakMap<object, FunctionView>();

  /**
   * Where the code of a function starts; undefined for what is not written in JavaScript. Cheaper than {@link view}.
   * @throws SluiceError `captured-variable` as `view` does
   */
  locationOf(fn: (...args: never) => unknown): Location | undefined {
    const known = this.#bare.get(fn);
    if (known) return known.location;
    const place = this.placeOf(fn);
    if (!place) return isNative(fn) ? undefined : this.view(fn).location;
    const { scriptId, offset } = place;
    let lines = this.#lines.get(scriptId);
    if (lines === undefined) {
      // A script can begin at another line than its first.
      lines = this.#begunAtStart(scriptId) ? new LineIndex(this.textOf(scriptId)) : null;
      this.#lines.set(scriptId, lines);
    }
    if (!lines) return this.view(fn).location;
    const { line, column } = lines.place(offset);
    return { scriptId, line, column };
  }
  readonly #lines = new Map<string, LineIndex | null>();

  /** Where in the text of its script a function begins: cheaper still, and not there where V8 itself does not tell. */
  placeOf(fn: (...args: never) => unknown): FunctionPlace | undefined {
    const place = placeOfFunction(fn);
    if (place && !this.#sources.has(place.scriptId)) {
      // To ask the inspector for it has it go through all scripts once more.
      const source = scriptTextOf(fn);
      if (source !== undefined) this.#sources.set(place.scriptId, source);
    }
    return place;
  }

  #look(fn: (...args: never) => unknown): FunctionView {
    this.#connect();
    // Each time, as another copy of Sluice in this process may have looked in between.
    Object.defineProperty(globalThis, shared, { value: this.#inspected, configurable: true });
    this.#inspected.fn = fn;
    const properties = this.#post("Runtime.evaluate", {
      expression: 'globalThis[Symbol.for("sluice.inspected")].fn',
      objectGroup: "sluice",
    });
    const { internalProperties = [] } = this.#post("Runtime.getProperties", {
      objectId: (properties as { readonly result: Remote }).result.objectId!,
      ownProperties: true,
    }) as Properties;
    const internal = new Map(internalProperties.map(({ name, value }) => [name, value]));
    const location = internal.get("[[FunctionLocation]]")?.value as
      | { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
      | undefined;
    const scopes = listOf(this.#live(internal.get("[[Scopes]]"))) as readonly Scope[];
    const view: FunctionView = {
      scopes: scopes.flatMap(({ description, object }) => (outer.test(description) ? [] : [object])),
      inModule: scopes.some(({ description }) => description.startsWith("Module")),
      ...(location
        ? {
            location: { scriptId: location.scriptId, line: location.lineNumber + 1, column: location.columnNumber + 1 },
          }
        : {}),
      ...(internal.has("[[TargetFunction]]") ? { bound: this.#bound(internal) } : {}),
    };
    this.#post("Runtime.releaseObjectGroup", { objectGroup: "sluice" });
    return view;
  }

  #bound(internal: ReadonlyMap<string, Remote | undefined>): NonNullable<FunctionView["bound"]> {
    return {
      target: this.#live(internal.get("[[TargetFunction]]")),
      self: this.#live(internal.get("[[BoundThis]]")),
      args: listOf(this.#live(internal.get("[[BoundArgs]]"))),
    };
  }

  /** The text of the script in which a function is written, as the engine was given it, if it has this URL. */
  scriptOf(fn: (...args: never) => unknown, url: string): string | undefined {
    const location = this.locationOf(fn);
    return location && this.urlOf(location.scriptId) === url ? this.textOf(location.scriptId) : undefined;
  }

  /** The text of a script, as the engine was given it. */
  textOf(scriptId: string): string {
    let text = this.#sources.get(scriptId) ?? this.#texts.get(scriptId);
    if (text === undefined) {
      text = this.#debugger(
        () => this.#post("Debugger.getScriptSource", { scriptId }) as { readonly scriptSource: string },
      ).scriptSource;
      this.#texts.set(scriptId, text);
    }
    return text;
  }
  /** The engine's own strings: to hold them costs nothing. */
  readonly #sources = new Map<string, string>();
  /** Copies, for as long as the session is open. */
  readonly #texts = new Map<string, string>();

  /** All scripts of this process, with their URLs. @throws SluiceError `captured-variable` as `view` does */
  *scripts(): Generator<readonly [scriptId: string, url: string]> {
    this.#debugger(() => undefined);
    for (const [scriptId, { url }] of this.#scripts) yield [scriptId, url];
  }

  /** The URL of the script in which a function is written. */
  urlOf(scriptId: string): string | undefined {
    return this.#scriptOfId(scriptId)?.url;
  }

  /** Whether places in a script count from the first line of its text. */
  #begunAtStart(scriptId: string): boolean {
    const script = this.#scriptOfId(scriptId);
    return script?.startLine === 0 && script.startColumn === 0;
  }

  #scriptOfId(scriptId: string): ParsedScript | undefined {
    if (!this.#scripts.has(scriptId)) this.#debugger(() => undefined);
    return this.#scripts.get(scriptId);
  }
  readonly #scripts = new Map<string, ParsedScript>();

  /** Whenever it is turned on, it tells of all scripts. */
  #debugger<T>(work: () => T): T {
    this.#connect();
    const session = this.#session!;
    const note = ({ params }: { readonly params: ParsedScript }): void => {
      const { scriptId, url, startLine, startColumn } = params;
      this.#scripts.set(scriptId, { scriptId, url, startLine, startColumn });
    };
    session.on("Debugger.scriptParsed", note);
    this.#post("Debugger.enable", {});
    try {
      return work();
    } finally {
      this.#post("Debugger.disable", {});
      session.off("Debugger.scriptParsed", note);
    }
  }

  /** The object itself behind what the inspector tells of it. */
  #live(remote: Remote | undefined): unknown {
    if (!remote) return undefined;
    if (remote.objectId === undefined) return remote.value;
    this.#post("Runtime.callFunctionOn", {
      objectId: remote.objectId,
      functionDeclaration: 'function () { "use strict"; globalThis[Symbol.for("sluice.inspected")].got = this; }',
    });
    const { got } = this.#inspected;
    this.#inspected.got = undefined;
    return got;
  }

  /** As long as someone asks without pausing: an open session is no business of the stages. */
  #connect(): void {
    if (this.#session) return;
    this.#session = openSession();
    queueMicrotask(() => this.#disconnect());
  }

  #disconnect(): void {
    this.#session?.disconnect();
    this.#session = undefined;
    this.#texts.clear();
    this.#inspected.fn = undefined;
    Reflect.deleteProperty(globalThis, shared);
  }

  /** Within one process the inspector answers at once. */
  #post(method: string, params: object): unknown {
    let answer: { readonly error: Error | null; readonly result: unknown } | undefined;
    this.#session!.post(method, params, (error, result) => {
      answer = { error, result };
    });
    if (!answer) throw new Error(`the inspector did not answer ${method}`);
    if (answer.error) throw new Error(`the inspector refused ${method}: ${answer.error.message}`);
    return answer.result;
  }
}

/** One for all: two that looked at the same time would take each other's objects for their own. */
export const functionInspector = new FunctionInspector();

function openSession(): import("node:inspector").Session {
  try {
    const { Session } = process.getBuiltinModule("node:inspector");
    const session = new Session();
    session.connect();
    return session;
  } catch (cause) {
    return fail("captured-variable", "a function captures variables, and this Node does not let Sluice look at them", {
      hint: "pass them as inputs, or set the option `version`; else run a Node that has its inspector; with --permission, give it --allow-inspector",
      cause,
    });
  }
}

/** The inspector's own arrays have no methods. */
function listOf(array: unknown): readonly unknown[] {
  return Array.from((array ?? []) as ArrayLike<unknown>);
}

interface Scope {
  readonly description: string;
  readonly object: object;
}
