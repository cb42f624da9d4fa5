import { holdsClock } from "./current-dates.ts";
import type { LoadNotes } from "./load-notes.ts";
import type { Patches } from "./patches.ts";
import { watchPerformance } from "./watched-clock.ts";
import { watchWebCrypto } from "./watched-globals.ts";

/** Node's own modules that only compute, or act on what they are given; what reads for them is watched elsewhere. */
const computing = new Set(
  [
    "assert assert/strict buffer constants diagnostics_channel events fs fs/promises path path/posix path/win32 process",
    "punycode querystring readline readline/promises stream stream/consumers stream/promises stream/web string_decoder url",
    "util/types zlib console",
  ].flatMap((names) => names.split(" ")),
);

/** What may be used of a module of which nothing else may. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  async_hooks: ["AsyncLocalStorage", "AsyncResource"],
  crypto: [
    ...["createHash", "createHmac", "hash", "Hash", "Hmac", "getHashes", "getCiphers", "getCurves", "timingSafeEqual"],
    ...["pbkdf2", "pbkdf2Sync", "scrypt", "scryptSync", "hkdf", "hkdfSync", "createSecretKey", "getFips"],
  ],
  http: ["Agent", "validateHeaderName", "validateHeaderValue"],
  https: ["Agent"],
  module: [
    ...[
      "createRequire",
      "isBuiltin",
      "Module",
      "SourceMap",
      "stripTypeScriptTypes",
      "syncBuiltinESMExports",
      "getCompileCacheDir",
    ],
    ...[
      "_load",
      "_resolveFilename",
      "_findPath",
      "_nodeModulePaths",
      "_resolveLookupPaths",
      "_initPaths",
      "_preloadModules",
    ],
    "_debug",
  ],
  net: ["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress"],
  timers: ["clearTimeout", "clearInterval", "clearImmediate", "setImmediate"],
  vm: ["isContext"],
  worker_threads: [
    "MessageChannel",
    "MessagePort",
    "markAsUntransferable",
    "isMarkedAsUntransferable",
    "markAsUncloneable",
  ],
};

/** What `node:os` says that stays as it is while the machine runs. */
const stable = new Set(
  [
    "arch availableParallelism cpus endianness homedir hostname machine platform release tmpdir totalmem type userInfo version",
  ].flatMap((names) => names.split(" ")),
);

/**
 * Watches Node's own modules, each when the code first asks for it: those that compute are left alone, of the others every
 * function counts as reaching outside unless it is known not to. So a module that Node adds one day is watched as well.
 */
export class WatchedBuiltins {
  readonly #notes: LoadNotes;
  readonly #patches: Patches;
  readonly #seen = new Set<string>();
  readonly #sync: () => void;

  /** @param sync makes imports see what was replaced */
  constructor(notes: LoadNotes, patches: Patches, sync: () => void) {
    this.#notes = notes;
    this.#patches = patches;
    this.#sync = sync;
    patches.calls(process, "getBuiltinModule", ([name]) => {
      if (typeof name === "string") this.onUse(name);
      return undefined;
    });
  }

  /** The code is about to get the module of this name, with or without `node:`. */
  onUse(specifier: string): void {
    const name = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
    if (computing.has(name) || this.#seen.has(name)) return;
    this.#seen.add(name);
    const module: unknown = this.#notes.aside(() => process.getBuiltinModule(`node:${name}`));
    if (!(module instanceof Object)) return;
    this.#notes.aside(() => this.#watch(name, module));
    this.#sync();
  }

  #watch(name: string, module: object): void {
    const [notes, patches] = [this.#notes, this.#patches];
    if (name === "os") return this.#watchOs(module);
    if (name === "util" || name === "sys") return this.#watchUtil(module);
    if (name === "tty") {
      patches.calls(module, "isatty", ([descriptor]) => void notes.fact("terminal", String(descriptor)));
    }
    for (const member of Object.keys(module)) {
      if (allowed[name]?.includes(member)) continue;
      const what = reason(name, member);
      patches.calls(module, member, () => void notes.refuse(what));
    }
    if (name === "crypto") watchWebCrypto((module as typeof import("node:crypto")).webcrypto, notes, patches);
    if (name === "perf_hooks")
      watchPerformance((module as typeof import("node:perf_hooks")).performance, notes, patches);
    const { promises } = module as { readonly promises?: unknown };
    if (promises instanceof Object) this.onUse(`${name}/promises`);
  }

  #watchOs(module: object): void {
    for (const member of Object.keys(module)) {
      this.#patches.calls(module, member, (args) => {
        if (!stable.has(member) || args.length > 0) this.#notes.refuse(`asks node:os for ${member}()`);
        else this.#notes.fact("os", member);
        return member === "cpus" ? (cpus) => this.#withoutTimes(cpus) : undefined;
      });
    }
  }

  /** Most ask how many processors there are; how busy they were counts when it is looked at. */
  #withoutTimes(cpus: unknown): unknown {
    for (const cpu of cpus as object[]) {
      for (const [name, value] of Object.entries(cpu)) {
        if (name === "model") continue;
        Object.defineProperty(cpu, name, {
          enumerable: true,
          configurable: true,
          get: () => {
            this.#notes.refuse("asks how busy the processors are");
            return value;
          },
          set: (next) => Object.defineProperty(cpu, name, { value: next, writable: true }),
        });
      }
    }
    return cpus;
  }

  /** They look into dates without calling their methods. */
  #watchUtil(module: object): void {
    for (const member of ["inspect", "format", "formatWithOptions", "isDeepStrictEqual"]) {
      this.#patches.calls(module, member, (args) => {
        if (holdsClock(args)) this.#notes.refuse("reads the clock");
        return undefined;
      });
    }
  }
}

function reason(module: string, member: string): string {
  if (module === "crypto")
    return /^(?:random|generate|getRandom)/.test(member) ? "uses random numbers" : `uses crypto.${member}()`;
  if (/^(?:net|tls|https?|http2|dgram|dns)(?:$|\/)/.test(module)) return "uses the network";
  if (/^timers/.test(module)) return "uses a timer";
  if (module === "child_process") return "starts a program";
  if (module === "worker_threads" || module === "cluster") return "starts threads";
  return `uses ${member}() of node:${module}`;
}
