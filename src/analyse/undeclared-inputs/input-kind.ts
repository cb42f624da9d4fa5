/** What an undeclared input depends on. The words stand in `sluice-allow` comments and in `--json`: they do not change meaning. */
export type InputKind =
  | "env"
  | "process"
  | "machine"
  | "clock"
  | "random"
  | "network"
  | "file"
  | "program"
  | "database"
  | "worker"
  | "code"
  | "locale";

/** What a stage does that has an input of each kind: a verb with an s, then its object. */
const doing: Readonly<Record<InputKind, string>> = {
  env: "reads the environment",
  process: "depends on how the process was started",
  machine: "depends on the machine",
  clock: "reads the clock",
  random: "uses random numbers",
  network: "uses the network",
  file: "reads a file",
  program: "starts a program",
  database: "opens a database",
  worker: "uses a worker",
  code: "runs code that cannot be seen through",
  locale: "depends on the machine's language or time zone",
};

const hints: Readonly<Record<InputKind, string>> = {
  env: 'declare it as an input with env("NAME")',
  process: "pass what is needed as a param",
  machine: "pass what is needed as a param or with env(), or give the stage a `version`",
  clock: "pass the time as a param (--set today=...), or give the stage a `maxAge`",
  random: "pass a seed as a param",
  network: 'give the stage a `maxAge`, or cache: "recompute"',
  file: "declare it as an input with file(), glob() or dir(), and read the handle",
  program: "give the stage a `version` that changes with the program",
  database: 'give the stage a `maxAge`, or cache: "recompute", or declare the file with file()',
  worker: "give the stage a `version` that changes with the worker's code",
  code: "use a literal name, or give the stage a `version` that changes with that code",
  locale: "name the language and the time zone, or use the UTC methods of dates",
};

export const inputKinds = Object.keys(doing) as readonly InputKind[];

export function isInputKind(text: string): text is InputKind {
  return Object.hasOwn(doing, text);
}

/** What one or more stages do: `reads the clock`, `read the clock`. */
export function doingOf(kind: InputKind, number: "one" | "many"): string {
  return number === "one" ? doing[kind] : doing[kind].replace("s ", " ");
}

/** What to do about it where nothing more is known. */
export function hintFor(kind: InputKind): string {
  return hints[kind];
}
