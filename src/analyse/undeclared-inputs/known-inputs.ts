import type { InputKind } from "./input-kind.ts";
import type { Origin } from "./origin.ts";

/*
 * What of the globals and of Node's own modules depends on something other than its arguments. A name that is not here, of a
 * module that is not taken as a whole, depends on nothing.
 */

/** What is known of one thing: `value` is read, `function` is called, `object` has things in it. */
export interface KnownInput {
  readonly kind: InputKind;
  readonly is: "value" | "function" | "object";
  /** How many parts of the origin name it. */
  readonly length: number;
  /** In the terms of Node's documentation: `process.env`, `fs.readFile`. */
  readonly name: string;
}

interface Table {
  /** Things by the path to them. */
  readonly known: Map<string, Omit<KnownInput, "length" | "name">>;
  /** Objects everything in which counts, apart from some names. */
  readonly whole: Map<
    string,
    { readonly kind: InputKind; readonly is: "value" | "function"; readonly not: Set<string> }
  >;
}

const table: Table = { known: new Map(), whole: new Map() };

function add(kind: InputKind, is: KnownInput["is"], object: string, names: string): void {
  for (const name of names.split(/\s+/)) table.known.set(name === "" ? object : `${object} ${name}`, { kind, is });
}

function addWhole(kind: InputKind, is: "value" | "function", object: string, not = ""): void {
  table.whole.set(object, { kind, is, not: new Set(not.split(/\s+/)) });
}

add("process", "object", "global process", "");
add("env", "object", "global process env", "");
addWhole("env", "value", "global process env");
add("process", "value", "global process", "argv argv0 execArgv pid ppid title stdin");
add("process", "function", "global process", "cwd umask getuid geteuid getgid getegid getgroups");
add("process", "function", "global process", "loadEnvFile binding dlopen getActiveResourcesInfo");
add("process", "function", "node:util", "parseArgs");
add("machine", "value", "global process", "arch platform version versions release config features execPath report");
add("machine", "function", "global process", "memoryUsage availableMemory constrainedMemory resourceUsage cpuUsage");
add("machine", "function", "global process", "threadCpuUsage");
add("machine", "value", "global process stdout", "isTTY columns rows");
add("machine", "value", "global process stderr", "isTTY columns rows");
add("clock", "function", "global process", "hrtime uptime");
add("clock", "function", "global Date", "now");
// Only `new Date()` and `Date()`: what they are given decides.
add("clock", "function", "global Date", "");
add("clock", "function", "global performance", "now mark measure toJSON eventLoopUtilization");
add("clock", "value", "global performance", "timeOrigin");
add("clock", "function", "node:perf_hooks", "monitorEventLoopDelay eventLoopUtilization");
addWhole("clock", "function", "global Temporal Now");
add("random", "function", "global Math", "random");
add("random", "function", "global crypto", "randomUUID getRandomValues");
add("random", "function", "global crypto subtle", "generateKey");
add(
  "random",
  "function",
  "node:crypto",
  `randomBytes randomFill randomFillSync randomInt randomUUID getRandomValues pseudoRandomBytes prng rng generateKey
  generateKeySync generateKeyPair generateKeyPairSync generatePrime generatePrimeSync`,
);
add("network", "function", "global", "fetch WebSocket EventSource XMLHttpRequest");
for (const name of ["http", "https", "http2", "net", "tls", "dns", "dgram"]) {
  add("network", "object", `node:${name}`, "");
  const not = `STATUS_CODES METHODS constants isIP isIPv4 isIPv6 BlockList SocketAddress validateHeaderName rootCertificates
    validateHeaderValue maxHeaderSize sensitiveHeaders DEFAULT_MIN_VERSION DEFAULT_MAX_VERSION getCiphers checkServerIdentity`;
  addWhole("network", "function", `node:${name}`, not);
}
add("file", "object", "node:fs", "");
add(
  "file",
  "function",
  "node:fs",
  `access accessSync copyFile copyFileSync cp cpSync createReadStream exists existsSync glob globSync lstat lstatSync open
  openSync openAsBlob opendir opendirSync readdir readdirSync readFile readFileSync readlink readlinkSync realpath
  realpathSync stat statSync statfs statfsSync watch watchFile ReadStream FileReadStream`,
);
for (const name of ["localStorage", "sessionStorage"]) {
  add("file", "object", `global ${name}`, "");
  addWhole("file", "value", `global ${name}`, "setItem removeItem clear");
}
add("program", "object", "node:child_process", "");
addWhole("program", "function", "node:child_process", "ChildProcess");
add("program", "function", "node:cluster", "fork");
add("program", "function", "node:wasi", "WASI");
add("machine", "object", "node:os", "");
addWhole("machine", "value", "node:os", "constants");
add("machine", "object", "global navigator", "");
addWhole("machine", "value", "global navigator");
add("machine", "function", "node:tty", "isatty");
add(
  "machine",
  "function",
  "node:v8",
  "getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics writeHeapSnapshot",
);
add("database", "function", "node:sqlite", "DatabaseSync");
add("worker", "function", "global", "Worker BroadcastChannel");
add("worker", "function", "node:worker_threads", "Worker BroadcastChannel receiveMessageOnPort getEnvironmentData");
add("worker", "value", "node:worker_threads", "workerData threadId parentPort isMainThread");
add(
  "code",
  "function",
  "node:vm",
  "runInThisContext runInNewContext runInContext compileFunction Script SourceTextModule",
);
add("code", "object", "global", "");

// Other runtimes, whose names appear in code that is written for several.
for (const name of ["Bun", "Deno"]) {
  add("env", "object", `global ${name} env`, "");
  addWhole("env", "value", `global ${name} env`, "set delete");
  add("machine", "object", `global ${name}`, "");
}
add("process", "value", "global Bun", "argv main cwd");
add("file", "function", "global Bun", "file");
add("program", "function", "global Bun", "spawn spawnSync $");
add("clock", "function", "global Bun", "nanoseconds");
add("process", "value", "global Deno", "args mainModule");
add("process", "function", "global Deno", "cwd");
add(
  "file",
  "function",
  "global Deno",
  "readFile readFileSync readTextFile readTextFileSync open openSync readDir stat",
);
add("program", "function", "global Deno", "Command");
add("network", "function", "global Deno", "connect connectTls resolveDns");
add("machine", "function", "global Deno", "hostname osRelease systemMemoryInfo loadavg");
add("env", "object", "meta env", "");
addWhole("env", "value", "meta env");

/** What the origin leads to, or leads through; undefined where that depends on nothing else. */
export function knownInputAt(origin: Origin): KnownInput | undefined {
  for (let length = origin.length; length > 0; length--) {
    const path = origin.slice(0, length).join(" ");
    const member = origin[length];
    const whole = member === undefined ? undefined : table.whole.get(path);
    // A property that cannot be told is a value where all are; of what has functions in it, it may be anything.
    if (whole && !whole.not.has(member!) && (member !== "*" || whole.is === "value")) {
      return { kind: whole.kind, is: whole.is, length: length + 1, name: nameOf(origin.slice(0, length + 1)) };
    }
    const exact = table.known.get(path);
    if (!exact) continue;
    // What lies in an object that is not taken as a whole is known by itself, or depends on nothing.
    if (exact.is === "object" && member !== undefined && member !== "*") return undefined;
    return { ...exact, length, name: nameOf(origin.slice(0, length)) };
  }
  return undefined;
}

function nameOf([root = "", ...rest]: Origin): string {
  const names = root === "global" ? rest : [root === "meta" ? "import.meta" : root.replace(/^node:/, ""), ...rest];
  return names.length === 0 ? "globalThis" : names.join(".");
}
