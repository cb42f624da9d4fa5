import { createRequire } from "node:module";
import { digestParts, fingerprint } from "../core/canonical.ts";
import { digestOf } from "../core/digest.ts";
import { fail, failure } from "../core/failure.ts";
import { fileRefOf } from "../core/file-ref.ts";
import { givenVersion } from "../core/given-version.ts";
import type { DirSource, FileSource, GlobSource } from "../core/node.ts";
import { systemClock } from "../platform/clock.ts";
import { shownText } from "../platform/shown-text.ts";
import type { Matcher } from "../run/explain/file-match.ts";
import { versionFile, versionGlobSync, versionTree } from "../run/sources/source-files.ts";
import type { SourceContext, SourceVersion } from "../run/sources/sources.ts";
import type { CacheKey, KeyBuilder, KeyDirOptions, KeyFileOptions, KeyGlobOptions } from "./key.ts";
import { checkName } from "./names.ts";
import { aBoolean, aText, checkOptions, texts } from "./options.ts";
import { type TakenInput, TakenKey } from "./taken-key.ts";
import { Troubles } from "./troubles.ts";

/** Looks at one input when a key is built. */
type Take = (context: SourceContext) => TakenInput;

/** With each `**` matching takes so much longer that a few more of them never end. */
const mostStars = 5;

/** Collects the inputs of a key; each call gives a new list. */
export class InputList implements KeyBuilder {
  readonly #label: string;
  readonly #context: SourceContext;
  readonly #takes: readonly Take[];

  constructor(label: string, context: SourceContext, takes: readonly Take[] = []) {
    this.#label = label;
    this.#context = context;
    this.#takes = takes;
  }

  file(path: string, options: KeyFileOptions = {}): KeyBuilder {
    return this.#with((context) => {
      checkName("a file", path);
      checkOptions("key.file()", options, { as: aText });
      const source: FileSource = { kind: "file", path, base: () => context.root, site };
      return ordered("file", path, asNamed(versionFile(this.#label, source, context), options.as));
    });
  }

  glob(patterns: string | readonly string[], options: KeyGlobOptions = {}): KeyBuilder {
    const all = typeof patterns === "string" ? [patterns] : patterns;
    return this.#with((context) => {
      checkOptions("key.glob()", options, { allowEmpty: aBoolean, dot: aBoolean });
      if (texts(all) !== undefined || all.every((pattern) => pattern === "" || pattern.startsWith("!"))) {
        fail("usage", "key.glob() needs a pattern, or several, not all of which take away");
      }
      const wild = all.find((pattern) => pattern.split("**").length - 1 > mostStars);
      if (wild !== undefined) fail("usage", `a pattern has ** more than ${mostStars} times: ${wild.slice(0, 60)}`);
      const { allowEmpty = false, dot = false } = options;
      const source: GlobSource = { kind: "glob", patterns: all, allowEmpty, dot, base: () => context.root, site };
      const name = all.join(" ");
      return ordered("glob", name, versionGlobSync(this.#label, source, context, matcher()));
    });
  }

  dir(path: string, options: KeyDirOptions = {}): KeyBuilder {
    return this.#with((context) => {
      checkName("a folder", path);
      checkOptions("key.dir()", options, { exclude: texts });
      const { exclude = [] } = options;
      const source: DirSource = { kind: "dir", path, exclude, base: () => context.root, site };
      return ordered(
        "dir",
        path,
        versionTree(this.#label, source, context, exclude.length > 0 ? matcher() : undefined),
      );
    });
  }

  bytes(data: Uint8Array): KeyBuilder;
  bytes(name: string, data: Uint8Array): KeyBuilder;
  bytes(...given: readonly [Uint8Array] | readonly [string, Uint8Array]): KeyBuilder {
    const name = given.length === 1 ? undefined : given[0];
    const data = given.length === 1 ? given[0] : given[1];
    return this.#now(() => {
      if (name !== undefined) checkName("bytes", name);
      if (!(data instanceof Uint8Array)) fail("usage", "key.bytes() takes a Uint8Array");
      const version = digestParts("bytes", [digestOf(data)]);
      const input = { name: name ?? "bytes", kind: "value", version, preview: `${data.length} bytes` } as const;
      return { input, isNamed: name !== undefined };
    });
  }

  string(name: string, value: string): KeyBuilder {
    return this.#now(() => {
      if (typeof value !== "string") fail("usage", `key.string(${JSON.stringify(name)}) takes a string`);
      return named(name, value);
    });
  }

  value(name: string, value: unknown): KeyBuilder {
    return this.#now(() => named(name, value));
  }

  version(version: string): KeyBuilder {
    return this.string("version", version);
  }

  env(name: string): KeyBuilder {
    return this.#now(() => {
      checkName("a variable", name);
      return { input: { name, kind: "env", version: fingerprint(process.env[name]) }, isNamed: true };
    });
  }

  build(): CacheKey {
    const troubles = new Troubles();
    const inputs: TakenInput[] = [];
    const names = new Set<string>();
    for (const take of this.#takes) {
      const taken = troubles.during(() => take(this.#context));
      if (!taken) continue;
      inputs.push(taken);
      const { kind, name } = taken.input;
      if (!taken.isNamed) continue;
      if (names.has(`${kind} ${name}`))
        troubles.add(failure("usage", `the name ${JSON.stringify(name)} is given twice`));
      names.add(`${kind} ${name}`);
    }
    troubles.during(() => checkName("a key", this.#label));
    if (this.#takes.length === 0) {
      const hint = "say what the entry is made of: key().file(...), .string(name, value), .version(...)";
      troubles.add(failure("usage", `the key ${JSON.stringify(this.#label)} is made of nothing`, { hint }));
    }
    return new TakenKey({ label: this.#label, inputs, troubles }, systemClock.elapsed());
  }

  #with(take: Take): KeyBuilder {
    return new InputList(this.#label, this.#context, [...this.#takes, take]);
  }

  /** What is taken at once, whatever becomes of the value afterwards. */
  #now(take: () => TakenInput): KeyBuilder {
    const troubles = new Troubles();
    const taken = troubles.during(take);
    return this.#with(() => {
      troubles.throwAny("the key");
      return taken!;
    });
  }
}

/** Keys are declared nowhere. */
const site = () => [];

function named(name: string, value: unknown): TakenInput {
  checkName("a value", name);
  const preview = shownText(value);
  const shown = preview === undefined ? {} : { preview };
  const version = givenVersion(`the value ${JSON.stringify(name)}`, name, value);
  return { input: { name, kind: "value", version, ...shown }, isNamed: true };
}

function ordered(kind: "file" | "glob" | "dir", name: string, source: SourceVersion): TakenInput {
  const { dataVersion: version, preview } = source;
  const input = { name, kind, version, ...(preview === undefined ? {} : { preview }) };
  return { input, isNamed: false, unchanged: () => source.unchanged() };
}

/** A file by another name than its path. */
function asNamed(source: SourceVersion, name: string | undefined): SourceVersion {
  if (name === undefined) return source;
  const { digest, executable } = fileRefOf(source.value())!;
  return {
    dataVersion: digestParts("file", [name, digest, executable]),
    ...(source.preview === undefined ? {} : { preview: source.preview }),
    value: () => source.value(),
    unchanged: () => source.unchanged(),
  };
}

let loaded: Matcher | undefined;

/** What knows patterns; loaded by the first key that has some. Keys are built at once, so it cannot be waited for. */
function matcher(): Matcher {
  loaded ??= createRequire(import.meta.url)("tinyglobby") as Matcher;
  return loaded;
}
