import { loadedModules } from "../load/loader.ts";
import { isInstalled } from "../load/module-path.ts";
import type { LoadNotes } from "./load-notes.ts";

/*
 * A few things cannot be watched while they happen, for there is nothing to put in their place. They are rare, and looked for
 * in the text of modules: a false alarm costs a load and nothing else.
 */

/** `Date()` gives the time as text, whatever it is given; `new Date` is watched where it is used. */
const dateCall = /(?<![\w$.]|\bnew\s+)Date(?:\(|\.(?:call|apply|bind)\b)/;

/** A property of Node's own making, which could not be put back as it was. */
const parentProcess = /\bppid\b/;

/** Functions that look for modules out of sight. Node uses them too. */
const finder = /\b(?:_resolveFilename|_findPath|_resolveLookupPaths)\b/;

/** What an import takes from `process`: the values of names are taken before anything can watch. */
const processImport = /\b(?:import|export)\b([^;'"()]*?)\bfrom\s*["'](?:node:)?process["']/g;
const processExpression = /\bimport\s*\(\s*["'`](?:node:)?process["'`]/;

/** Members of `process` that are values and differ between two runs. */
const values = ["argv", "execArgv", "pid", "ppid", "title", "stdin", "stdout", "stderr", "exitCode"];

/** Refuses a module whose text has what cannot be watched. */
export function refuseByText(notes: LoadNotes, file: string, text: string): void {
  if (finder.test(text)) notes.refuse("looks for modules with functions of Node's own");
  if (text.includes("process") && takesValuesOfProcess(text)) notes.refuse("imports values of node:process by name");
  if (isInstalled(file)) return;
  const written = loadedModules.get(file)?.source ?? text;
  if (dateCall.test(written)) notes.refuse("reads the clock");
  if (parentProcess.test(written)) notes.refuse("asks for the parent process");
}

function takesValuesOfProcess(text: string): boolean {
  if (processExpression.test(text)) return true;
  for (const [, clause = ""] of text.matchAll(processImport)) {
    if (clause.includes("*")) return true;
    const names = /\{([^}]*)\}/.exec(clause)?.[1]?.split(",") ?? [];
    const taken = names.map((name) => name.trim().split(/\s+as\s+/)[0] ?? "");
    if (taken.some((name) => values.includes(name))) return true;
  }
  return false;
}
