import type { AnyFunction } from "./captured-data.ts";

/** Where a function begins in the text of its script, counted in UTF-16 units, as V8 keeps it. */
export interface FunctionPlace {
  readonly scriptId: string;
  readonly offset: number;
}

interface Natives {
  readonly script: (fn: AnyFunction) => unknown;
  readonly offset: (fn: AnyFunction) => unknown;
  readonly text: (fn: AnyFunction) => unknown;
}

/**
 * The place of a function, by V8's own functions: the inspector, which would tell as well, looks through the whole script for each
 * one, so a module of thousands would take minutes. Undefined for what is not written in JavaScript, and where these functions are
 * not to be had.
 */
export function placeOfFunction(fn: AnyFunction): FunctionPlace | undefined {
  const asked = nativesFor(fn);
  const script = asked?.script(fn);
  const offset = asked?.offset(fn);
  return typeof script === "number" && typeof offset === "number" ? { scriptId: String(script), offset } : undefined;
}

/** The text of the script in which a function is written; undefined as with {@link placeOfFunction}. */
export function scriptTextOf(fn: AnyFunction): string | undefined {
  const text = nativesFor(fn)?.text(fn);
  return typeof text === "string" ? text : undefined;
}

function nativesFor(fn: AnyFunction): Natives | null | undefined {
  // A proxy, and what `bind` made, are none that V8 could be asked about.
  if (isNative(fn)) return undefined;
  if (natives === undefined) {
    natives = load();
    // Their code may be dropped when nobody has called them for long, and could not be read again.
    if (natives) queueMicrotask(forget);
  }
  return natives;
}

/** Whether a function is the engine's own, one that `bind` made, or a proxy. */
export function isNative(fn: AnyFunction): boolean {
  return isNativeText(Function.prototype.toString.call(fn));
}

/** The same of a function's text. */
export function isNativeText(text: string): boolean {
  return text.endsWith("{ [native code] }");
}

let natives: Natives | undefined | null;

function forget(): void {
  natives = undefined;
}

/** The syntax for them is understood only while this reads it: nothing else is compiled meanwhile. */
function load(): Natives | null {
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  const { runInThisContext } = process.getBuiltinModule("node:vm");
  if (process.execArgv.some((flag) => /^--allow[-_]natives[-_]syntax/.test(flag))) return compile(runInThisContext);
  try {
    setFlagsFromString("--allow-natives-syntax");
    return compile(runInThisContext);
  } catch {
    // Another engine, or one without them: the inspector is asked.
    return null;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}

/** In parentheses, which has functions compiled at once. */
function compile(run: (code: string) => unknown): Natives {
  return {
    script: run("(function (fn) { return %FunctionGetScriptId(fn); })") as Natives["script"],
    offset: run("(function (fn) { return %FunctionGetScriptSourcePosition(fn); })") as Natives["offset"],
    text: run("(function (fn) { return %FunctionGetScriptSource(fn); })") as Natives["text"],
  };
}
