import type { Place } from "../../core/failure.ts";
import type { Frame, Site } from "../../core/node.ts";
import { authorsPlace, registry } from "../load/loaded-modules.ts";
import { pathOfModule } from "../load/module-path.ts";
import { othersFormatStacks } from "../load/stack-mapping.ts";
import { isOwn } from "../packages/own-package.ts";

/** How many calls of the user's code are kept. */
const depth = 8;

/** Sluice's own calls, and those of the engine such as `Array.map`, stand between the user's. */
const captured = 24;

/**
 * Where in the user's code the caller of Sluice is now. Cheap: only the raw stack is taken, which costs a microsecond or
 * two; the frames are made of it when they are asked for. They lie in the code as it was loaded.
 */
export function captureSite(): Site {
  const holder: { stack?: unknown } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = captured;
  Error.captureStackTrace(holder, captureSite);
  Error.stackTraceLimit = limit;
  let frames: readonly Frame[] | undefined;
  return () => {
    frames ??= readFrames(holder);
    return frames;
  };
}

function readFrames(holder: { readonly stack?: unknown }): readonly Frame[] {
  // Whoever else formats stacks (a test runner, a bundler) maps them to the source as well, and only in their text.
  if (othersFormatStacks()) return framesOfText(String(holder.stack));
  const format = Error.prepareStackTrace;
  Error.prepareStackTrace = (_, callSites) => callSites;
  let callSites: unknown;
  try {
    callSites = holder.stack;
  } finally {
    if (format) Error.prepareStackTrace = format;
    else Reflect.deleteProperty(Error, "prepareStackTrace");
  }
  // While another stack is being formatted, the engine gives the text of this one.
  if (!Array.isArray(callSites)) return framesOfText(String(callSites));
  const frames: Frame[] = [];
  for (const site of callSites as readonly NodeJS.CallSite[]) {
    // The engine works a line out only when it is asked for, and most frames are Node's own.
    const name = site.getFileName();
    const file = name ? userFile(name) : undefined;
    if (file === undefined) continue;
    const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
    if (line !== null && column !== null && frames.push(new LoadedFrame(file, line, column)) === depth) break;
  }
  return frames;
}

/** A place in a module that was loaded; undefined where that is no file, or one of Sluice's own. */
export function frameAt(url: string, line: number, column: number): Frame | undefined {
  const file = userFile(url);
  return file === undefined ? undefined : new LoadedFrame(file, line, column);
}

class LoadedFrame implements Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, line: number, column: number) {
    this.file = file;
    this.line = line;
    this.column = column;
  }

  get written(): Required<Place> {
    return authorsPlace(registry, this.file, this.line, this.column);
  }
}

function framesOfText(stack: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split("\n")) {
    const match = /^\s+at (?:.*\()?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):(\d+)\)?$/.exec(line);
    const file = match ? userFile(match[1]!) : undefined;
    if (file === undefined) continue;
    if (frames.push({ file, line: Number(match![2]), column: Number(match![3]) }) === depth) break;
  }
  return frames;
}

/** Thousands of nodes are declared in few modules. */
const userFiles = new Map<string, string | undefined>();

/** The path of a module, unless it is no file or one of Sluice's own. */
function userFile(name: string): string | undefined {
  if (!userFiles.has(name)) {
    const file = pathOfModule(name);
    userFiles.set(name, file === undefined || isOwn(file) ? undefined : file);
  }
  return userFiles.get(name);
}
