import { fail } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { Codec, Format } from "./format.ts";
// Tables are versioned wherever they turn up, before any format is loaded.
import "./tables/table-class.ts";

export { tableFingerprint } from "./tables/table-class.ts";

interface BuiltIn {
  /** The first is the one that files are given. */
  readonly extensions: readonly string[];
  readonly version: number;
  readonly load: () => Promise<Codec>;
  /** Not for users to name. */
  readonly isOwn?: true;
}

/** Loaded one by one, since a warm run needs few of them. */
const builtIn: Readonly<Record<string, BuiltIn>> = {
  auto: { extensions: [".sluice"], version: 1, load: async () => (await import("./formats/auto.ts")).auto },
  json: { extensions: [".json"], version: 1, load: async () => (await import("./formats/json.ts")).json },
  text: { extensions: [".txt"], version: 1, load: async () => (await import("./formats/text.ts")).text },
  bytes: { extensions: [".bin"], version: 1, load: async () => (await import("./formats/bytes.ts")).bytes },
  ndjson: {
    extensions: [".ndjson", ".jsonl"],
    version: 1,
    load: async () => (await import("./formats/ndjson.ts")).ndjson,
  },
  csv: { extensions: [".csv"], version: 1, load: async () => (await import("./formats/csv.ts")).csv },
  parquet: { extensions: [".parquet"], version: 1, load: async () => (await import("./formats/parquet.ts")).parquet },
  arrow: {
    extensions: [".arrow", ".feather"],
    version: 1,
    load: async () => (await import("./formats/arrow.ts")).arrow,
  },
  list: { extensions: [""], version: 1, load: async () => (await import("./formats/list.ts")).list, isOwn: true },
  file: { extensions: [""], version: 1, load: async () => (await import("./formats/file.ts")).file },
};

const loaded = new Map<string, Format>();
const registered = new Map<string, Format>();

/**
 * The format of a name, at once if it is there already.
 * @throws SluiceError `unsupported-format` when there is none
 */
export function formatOf(name: string): Format | Promise<Format> {
  return registered.get(name) ?? loaded.get(name) ?? load(name);
}

async function load(name: string): Promise<Format> {
  const { extensions, version, load } = builtInNamed(name);
  const { encode, decode } = await load();
  const format: Format = {
    name,
    extension: extensions[0]!,
    version,
    encode(value, options) {
      if (options !== undefined && options !== null) {
        fail("invalid-definition", `the format "${name}" has no options`, { hint: "leave `formatOptions` out" });
      }
      return encode(value);
    },
    decode,
  };
  loaded.set(name, format);
  return format;
}

/** What a format's version is, without loading it. @throws SluiceError `unsupported-format` */
export function formatVersion(name: string): number {
  return registered.get(name)?.version ?? builtInNamed(name).version;
}

/** The name of the format for files that are called so, by the end of the name; undefined when there is none. */
export function formatForPath(path: string): string | undefined {
  const lower = path.toLowerCase();
  for (const { name, extension } of registered.values())
    if (extension !== "" && lower.endsWith(extension.toLowerCase())) return name;
  for (const [name, { extensions }] of Object.entries(builtIn))
    if (extensions.some((extension) => extension !== "" && lower.endsWith(extension))) return name;
  return undefined;
}

/** Every name, the built-in ones first. */
export function formatNames(): readonly string[] {
  const named = Object.keys(builtIn).filter((name) => !builtIn[name]!.isOwn);
  return [...named, ...registered.keys()];
}

/**
 * Adds a format of one's own. Registering a name again replaces it; built-in names cannot be taken.
 * @throws SluiceError `invalid-definition`
 */
export function registerFormat(format: Format): void {
  const { name, extension, version } = format;
  const what = (problem: string) => fail("invalid-definition", `the format ${JSON.stringify(name)} ${problem}`);
  if (typeof name !== "string" || !/^[\w.-]{1,60}$/.test(name))
    what("has no proper name: letters, digits, `.`, `_`, `-`");
  if (Object.hasOwn(builtIn, name)) what("is built in; choose another name");
  if (typeof extension !== "string" || !/^$|^\.[^/\\]+$/.test(extension))
    what("has an extension that does not begin with a dot");
  if (!Number.isSafeInteger(version) || version < 0) what("has a version that is no whole number");
  if (typeof format.encode !== "function" || typeof format.decode !== "function")
    what("must have `encode` and `decode`");
  registered.set(name, format);
}

function builtInNamed(name: string): BuiltIn {
  if (Object.hasOwn(builtIn, name)) return builtIn[name]!;
  const near = nearest(name, formatNames());
  const known = `there are: ${formatNames().join(", ")}`;
  return fail("unsupported-format", `there is no format ${JSON.stringify(name)}`, {
    hint: near === undefined ? known : `did you mean "${near}"? ${known}`,
  });
}
