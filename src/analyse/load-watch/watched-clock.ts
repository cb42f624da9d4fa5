import fs from "node:fs";
import { captureSite } from "../calls/site.ts";
import { isCurrentDate } from "./current-dates.ts";
import type { LoadNotes } from "./load-notes.ts";
import type { Patches, Watcher } from "./patches.ts";

// not watched, as a named import would be
const { readFileSync } = fs;

/**
 * Watches clocks and chance. `new Date()` cannot be watched without putting another class in the place of `Date`, so dates
 * are watched when they are used: whoever looks at one that lies within the life of this process has read the clock.
 */
export function watchClock(notes: LoadNotes, patches: Patches): void {
  patches.calls(Date, "now", () => (onlyCountsCalls() ? undefined : refuse(notes, "reads the clock")));
  patches.calls(Math, "random", () => refuse(notes, "uses random numbers"));
  for (const name of Reflect.ownKeys(Date.prototype)) {
    // What is set to a whole time does not depend on what it was.
    if (name === "constructor" || name === "setTime") continue;
    patches.calls(Date.prototype, name, (_, date) => {
      if (!(date instanceof Date) || !isCurrentDate(date)) return undefined;
      // The same all summer long, and packages ask for it as they load.
      if (name === "getTimezoneOffset") notes.fact("offset");
      else notes.refuse("reads the clock");
      return undefined;
    });
  }
  const { Now = {} } = (globalThis as { readonly Temporal?: { readonly Now: object } }).Temporal ?? {};
  for (const name of Object.getOwnPropertyNames(Now)) patches.calls(Now, name, () => refuse(notes, "reads the clock"));
  const ofNothing: Watcher = ([date]) => (date === undefined ? refuse(notes, "reads the clock") : undefined);
  const formats = Intl.DateTimeFormat.prototype;
  const watched = new WeakMap<object, unknown>();
  patches.reads(formats, "format", (format) => {
    if (typeof format !== "function") return undefined;
    if (!watched.has(format)) watched.set(format, patches.watched(format, ofNothing));
    return watched.get(format);
  });
  patches.calls(formats, "formatToParts", ofNothing);
  patches.reads(Event.prototype, "timeStamp", () => refuse(notes, "reads the clock"));
  patches.calls(WeakRef.prototype, "deref", () => refuse(notes, "asks what was collected as garbage"));
  patches.reads(globalThis, "performance", (performance) => {
    if (performance instanceof Object) watchPerformance(performance, notes, patches);
  });
}

/** Node loads it when it is first asked for. */
export function watchPerformance(performance: object, notes: LoadNotes, patches: Patches): void {
  const methods = Object.getPrototypeOf(performance) as object;
  for (const name of Object.getOwnPropertyNames(methods)) {
    if (name === "constructor" || name.startsWith("clear") || name.startsWith("on")) continue;
    const { get } = Object.getOwnPropertyDescriptor(methods, name)!;
    if (get) patches.reads(methods, name, () => refuse(notes, "reads the clock"));
    else patches.calls(methods, name, () => refuse(notes, "reads the clock"));
  }
}

function refuse(notes: LoadNotes, what: string): undefined {
  notes.refuse(what);
}

/**
 * Whether it is lodash that looks at the clock while it loads: it finds out whether one of its functions is called very often,
 * and nothing else comes of it.
 */
function onlyCountsCalls(): boolean {
  const [frame] = captureSite()();
  if (!frame || !/[\\/]node_modules[\\/]lodash(?:-es)?[\\/]/.test(frame.file)) return false;
  const line = readFileSync(frame.file, "utf8").split("\n", frame.line)[frame.line - 1];
  return line !== undefined && /^\s*var stamp = nativeNow\(\),$/.test(line);
}
