import Module, { syncBuiltinESMExports } from "node:module";
import { loadedModules } from "../load/loader.ts";
import { LoadNotes } from "./load-notes.ts";
import { changeSince, type LoadOptions, type LoadRecord, type Unrepeatable, type Watched } from "./load-record.ts";
import { Patches } from "./patches.ts";
import { watchAddons } from "./watched-addons.ts";
import { WatchedBuiltins } from "./watched-builtins.ts";
import { watchClock } from "./watched-clock.ts";
import { watchFiles } from "./watched-files.ts";
import { watchGlobals, watchNamed } from "./watched-globals.ts";
import { WatchedModules } from "./watched-modules.ts";
import { watchProcess } from "./watched-process.ts";

export { holdsClock } from "./current-dates.ts";

/**
 * Runs `load`, which imports modules with `importModule`, and watches what they depend on while they are evaluated: files,
 * the environment, arguments. Everything is put back before this returns; what modules have taken hold of goes on working.
 *
 * Everything that happens in this thread meanwhile counts, so nothing else should happen: a clock that is read by a progress
 * display makes the load unrepeatable.
 *
 * @throws whatever `load` throws
 */
export async function watchLoad<T>(load: () => Promise<T>, options: LoadOptions): Promise<Watched<T>> {
  if (isWatching) throw new Error("a load is watched already");
  isWatching = true;
  const notes = new LoadNotes(options);
  const patches = new Patches(() => notes.listening);
  const sync = (): void => notes.aside(syncBuiltinESMExports);
  let modules: WatchedModules | undefined;
  try {
    refuseWhatIsThere(notes);
    const builtins = new WatchedBuiltins(notes, patches, sync);
    modules = new WatchedModules(notes, {
      onBuiltin: (name) => builtins.onUse(name),
      onText: (text) => watchNamed(text, notes, patches),
    });
    watchFiles(notes, patches);
    watchClock(notes, patches);
    watchProcess(notes, patches);
    watchAddons(notes, patches);
    watchGlobals(notes, patches);
    sync();
    const before = lastingState();
    const value = await load();
    modules.end();
    if (lastingState().some((part, i) => part !== before[i])) notes.refuse("changes Node itself");
    notes.end();
    return { value, ...outcome(notes, options) };
  } finally {
    notes.end();
    options.onNotes?.(notes.aside(() => notes.record()));
    modules?.remove();
    patches.restore();
    sync();
    isWatching = false;
  }
}
let isWatching = false;

function outcome(
  notes: LoadNotes,
  options: LoadOptions,
): { readonly record: LoadRecord } | { readonly unrepeatable: Unrepeatable } {
  const { unrepeatable } = notes;
  if (unrepeatable) return { unrepeatable };
  const record = notes.aside(() => notes.record());
  const changed = notes.aside(() => changeSince(record, options));
  return changed === undefined ? { record } : { unrepeatable: { what: `${changed} changed while it was loaded` } };
}

const preload = /(?:^|\s)(?:--import|--require|-r|--loader|--experimental-loader)(?:[=\s]|$)/;

/** What ran before the watch, and may change what modules do. */
function refuseWhatIsThere(notes: LoadNotes): void {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  if (preload.test(given)) notes.refuse("is loaded after modules that Node was told to load first");
  for (const _ of loadedModules.roots()) notes.refuse("is loaded after other modules of this process");
}

/** What code could replace to change how modules are loaded, and what cannot be watched while it happens. */
function lastingState(): readonly unknown[] {
  const internals = Module as unknown as Readonly<Record<string, unknown>>;
  const extensions = internals._extensions as Readonly<Record<string, unknown>>;
  const { prototype } = Module as unknown as { readonly prototype: Readonly<Record<string, unknown>> };
  return [
    ...["_load", "_resolveFilename", "_findPath", "_nodeModulePaths", "wrap"].map((name) => internals[name]),
    ...["load", "require", "_compile"].map((name) => prototype[name]),
    ...[".js", ".json", ".node"].map((name) => extensions[name]),
    Object.keys(extensions).join(),
    (internals.globalPaths as readonly string[]).join(),
    process.title,
    process.exitCode,
    process.env,
    globalThis.Date,
    globalThis.process,
  ];
}
