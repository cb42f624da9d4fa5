import fs from "node:fs";
import path from "node:path";
import type { LoadNotes } from "./load-notes.ts";
import type { Patches } from "./patches.ts";

// not watched, as a named import would be
const { readdirSync } = fs;

/** What the system's linker may take from beside an addon, without asking Node. */
const library = /\.(?:so|dylib|dll)(?:\.[\d.]+)?$/i;

/**
 * Watches native addons. To load one is to read a file. What its functions do, nobody sees: a load that calls one cannot be
 * remembered.
 */
export function watchAddons(notes: LoadNotes, patches: Patches): void {
  patches.calls(process, "dlopen", ([module, file]) => {
    if (typeof file !== "string") return undefined;
    notes.read(file);
    for (const name of readdirSync(path.dirname(file))) {
      if (!library.test(name)) continue;
      // They can be large, and are never edited in place.
      const beside = path.join(path.dirname(file), name);
      for (const field of ["size", "mtimeMs"]) notes.ofPath("stat", beside, [field, false]);
    }
    return (result) => {
      watchNative(module, notes, patches);
      return result;
    };
  });
}

function watchNative(module: unknown, notes: LoadNotes, patches: Patches): void {
  if (!(module instanceof Object)) return;
  const called = (): undefined => void notes.refuse("calls native code");
  patches.calls(module, "exports", called);
  const { exports } = module as { readonly exports?: unknown };
  if (!(exports instanceof Object)) return;
  for (const name of Object.keys(exports)) patches.calls(exports, name, called);
}
