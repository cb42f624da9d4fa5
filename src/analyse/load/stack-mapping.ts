import { pathToFileURL } from "node:url";
import type { LoadedModules } from "../code-version.ts";
import { authorsPlace } from "./loaded-modules.ts";
import { pathOfModule } from "./module-path.ts";

/** Marks our own formatter, which leaves the frames as the engine gave them to whoever wants to see those. */
const ours = Symbol.for("sluice.stack-mapping");

type Formatter = NonNullable<typeof Error.prepareStackTrace>;

/**
 * From now on the stacks of errors show places of the author's source, for all modules that were transformed. Node's own
 * support for source maps costs several milliseconds for each large module as it loads; this costs nothing until an error's
 * stack is read. Where another tool already formats stacks, it is left to that tool.
 */
export function mapStacks(modules: LoadedModules): void {
  const before = Error.prepareStackTrace;
  if (before !== undefined && !isNodes(before)) return;
  const format: Formatter = (error, frames) => {
    const lines = [before ? String(before(error, [])) : header(error)];
    for (const frame of frames) lines.push(`    at ${describe(frame, modules)}`);
    return lines.join("\n");
  };
  Object.defineProperty(format, ours, { value: true });
  Error.prepareStackTrace = format;
}

/** Whether somebody else formats the stacks of errors in this process. */
export function othersFormatStacks(): boolean {
  const format = Error.prepareStackTrace;
  return format !== undefined && !isNodes(format) && !(ours in format);
}

/** Node has a formatter of its own in place from the start, which does what the engine does. */
function isNodes(format: Formatter): boolean {
  return format.name === "ErrorPrepareStackTrace";
}

function header(error: Error): string {
  try {
    return String(error);
  } catch {
    // An error may well have a `message` that throws; its stack must not.
    return "Error";
  }
}

function describe(frame: NodeJS.CallSite, modules: LoadedModules): string {
  const text = String(frame);
  const [name, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  if (!name || line === null || column === null) return text;
  const file = pathOfModule(name);
  if (file === undefined || !modules.get(file)) return text;
  const place = authorsPlace(modules, file, line, column);
  const shown = place.file === file ? name : name === file ? place.file : pathToFileURL(place.file).href;
  return text.replace(`${name}:${line}:${column}`, () => `${shown}:${place.line}:${place.column}`);
}
