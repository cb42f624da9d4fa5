/** One option of a command: what it takes, and what `--help` says of it. */
export interface OptionSpec {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** What the value is called in the help: `FILE`. */
  readonly value?: string;
  readonly multiple?: boolean;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What an option's values are, by its specification. */
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]?: OptionValue<Specs[Name]>;
};

type OptionValue<Spec extends OptionSpec> = Spec extends { type: "boolean" }
  ? boolean
  : Spec extends { multiple: true }
    ? readonly string[]
    : Spec extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** Options that every command takes. */
export const commonOptions = {
  "no-color": { type: "boolean", help: "no colours (also: NO_COLOR)" },
  help: { type: "boolean", short: "h", help: "show this help" },
} as const satisfies OptionSpecs;

export const jsonOption = {
  json: { type: "boolean", help: "print one JSON document and nothing else" },
} as const satisfies OptionSpecs;

/** Option of commands that change something. */
export const dryRunOption = {
  "dry-run": { type: "boolean", short: "n", help: "only say what would change" },
} as const satisfies OptionSpecs;

/** Option of commands that show what runs. */
export const keysOption = {
  "no-keys": { type: "boolean", help: "read no keys: for stages that ask at the terminal" },
} as const satisfies OptionSpecs;

/** Options of commands that look at the cache. */
export const cacheOptions = {
  file: {
    type: "string",
    short: "f",
    value: "FILE",
    help: "the pipeline (default: pipeline.ts or sluice.config.ts, upwards from here)",
  },
  "cache-dir": { type: "string", value: "DIR", help: "where results are kept (default: .sluice beside the pipeline)" },
} as const satisfies OptionSpecs;

/** Options of commands after which a cache may be too large, or that make room in it. */
export const limitOptions = {
  "max-size": { type: "string", value: "SIZE", help: "keep at most so much (20GB); else what sluice.json says" },
  "max-age": {
    type: "string",
    value: "TIME",
    help: "keep what was used within this time (30d); else what sluice.json says",
  },
} as const satisfies OptionSpecs;

/** Options of commands that version the nodes of a pipeline. */
export const planOptions = {
  ...cacheOptions,
  set: { type: "string", value: "NAME=VALUE", multiple: true, help: "set a parameter (repeatable)" },
} as const satisfies OptionSpecs;

/** Option of commands that may refuse what `sluice check` warns of. */
export const strictOption = {
  strict: { type: "boolean", help: "refuse undeclared inputs (sluice check lists them)" },
} as const satisfies OptionSpecs;

/** Options of commands that decide what runs. */
export const cacheModeOptions = {
  cache: {
    type: "string",
    value: "MODE",
    choices: ["rw", "ro", "wo", "off"],
    help: "rw: read and write (default), ro: only read, wo: only write, off: neither",
  },
  recompute: { type: "string", value: "NAME", multiple: true, help: "run this node whatever is cached (repeatable)" },
} as const satisfies OptionSpecs;
