import { valueDigest } from "./load-facts.ts";
import type { LoadNotes } from "./load-notes.ts";
import type { Patches } from "./patches.ts";

/** Functions of `process` that only say what is so for the whole run: facts. */
const asked = ["getuid", "geteuid", "getgid", "getegid", "getgroups", "constrainedMemory"];

/** Functions that neither look outside nor do anything there. */
const harmless = new Set(
  [
    "cwd nextTick getBuiltinModule dlopen ref unref setSourceMapsEnabled hasUncaughtExceptionCaptureCallback",
    "_tickCallback _fatalException _startProfilerIdleNotifier _stopProfilerIdleNotifier assert",
  ].flatMap((names) => names.split(" ")),
);

/** Why other functions cannot be remembered; the rest "uses process.NAME". */
const reasons: Readonly<Record<string, string>> = {
  uptime: "reads the clock",
  hrtime: "reads the clock",
  chdir: "changes the current folder",
  loadEnvFile: "sets variables of the environment",
  emitWarning: "prints",
  _rawDebug: "prints",
};

/** Inherited from EventEmitter: whoever listens wants to do something later, in every run. */
const listening = ["on", "once", "addListener", "prependListener", "prependOnceListener"];

/** Watches what code asks `process` for: arguments, the environment, the terminal, and what it does with it. */
export function watchProcess(notes: LoadNotes, patches: Patches): void {
  for (const name of Object.keys(process)) {
    const { value } = Object.getOwnPropertyDescriptor(process, name)!;
    if (typeof value !== "function" || harmless.has(name)) continue;
    const { bigint } = value as { readonly bigint?: unknown };
    patches.calls(process, name, (args) => {
      if (asked.includes(name)) notes.fact("process", name);
      else if (name === "umask" && args.length === 0) notes.fact("process", name);
      else notes.refuse(reasons[name] ?? `uses process.${name}()`);
      return undefined;
    });
    if (name === "hrtime" && bigint)
      patches.calls(value as object, "bigint", () => void notes.refuse("reads the clock"));
    if (name === "memoryUsage")
      patches.calls(value as object, "rss", () => void notes.refuse("asks for memory in use"));
  }
  for (const name of listening) {
    patches.calls(process, name, () => void notes.refuse("listens to what happens to the process"));
  }
  patches.calls(process, "cwd", () => void notes.fact("cwd"));
  const read = (note: () => void) => (): void => {
    if (notes.listening && !isImported()) note();
  };
  const replaced = (): void => notes.refuse("changes what belongs to the process");
  patches.reads(
    process,
    "argv",
    read(() => notes.fact("argv")),
    replaced,
  );
  patches.reads(
    process,
    "pid",
    read(() => notes.refuse("asks for the number of the process")),
  );
  patches.reads(
    process,
    "stdin",
    read(() => notes.refuse("reads from the terminal")),
  );
  patches.reads(
    process,
    "report",
    read(() => notes.refuse("asks for a report on the process")),
  );
  for (const [name, descriptor] of [
    ["stdout", 1],
    ["stderr", 2],
  ] as const) {
    patches.reads(process, name, (stream) => {
      if (notes.listening && !isImported()) notes.fact("terminal", String(descriptor));
      if (stream instanceof Object) watchOutput(stream, name, notes, patches);
    });
  }
  patches.value(process, "env", watchedEnvironment(notes));
  // What stands for the environment meanwhile cannot be cloned; a copy can, and making one reads all of it.
  patches.calls(globalThis, "structuredClone", (args) => {
    if (args[0] === process.env) args[0] = { ...process.env };
    return undefined;
  });
}

/**
 * Whether it is Node that reads all of `process`, to make a module of it. What modules then import by name is read from their
 * text.
 */
function isImported(): boolean {
  return /\bnode:internal\/bootstrap\/realm\b/.test(new Error("where").stack ?? "");
}

/** What a program prints to. Whether it is a terminal has been noted. */
function watchOutput(stream: object, name: "stdout" | "stderr", notes: LoadNotes, patches: Patches): void {
  patches.calls(stream, "write", () => void notes.refuse("prints"));
  for (const size of ["columns", "rows"] as const) {
    if (!Object.hasOwn(stream, size)) continue;
    patches.reads(stream, size, (value) => {
      notes.fact(size, name, valueDigest(value));
    });
  }
}

/** The environment, read by name or as a whole. It is what code may hold on to for ever. */
function watchedEnvironment(notes: LoadNotes): NodeJS.ProcessEnv {
  const change = (): void => notes.refuse("sets variables of the environment");
  const read = (name: PropertyKey): void => {
    if (typeof name === "string" && !Object.hasOwn(Object.prototype, name)) notes.variable(name);
  };
  return new Proxy(process.env, {
    get: (env, name) => {
      read(name);
      return Reflect.get(env, name) as unknown;
    },
    has: (env, name) => {
      read(name);
      return Reflect.has(env, name);
    },
    getOwnPropertyDescriptor: (env, name) => {
      read(name);
      return Reflect.getOwnPropertyDescriptor(env, name);
    },
    ownKeys: (env) => {
      notes.fact("environment");
      return Reflect.ownKeys(env);
    },
    set: (env, name, value) => {
      change();
      return Reflect.set(env, name, value);
    },
    defineProperty: (env, name, descriptor) => {
      change();
      return Reflect.defineProperty(env, name, descriptor);
    },
    deleteProperty: (env, name) => {
      change();
      return Reflect.deleteProperty(env, name);
    },
  });
}
