import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { CodePart } from "../../core/code-part.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import { versionName } from "../captured/version-names.ts";
import type { CodeVersion, KnownVersions } from "../code-version.ts";
import { isInstalled, relativeTo } from "../load/module-path.ts";
import { isOwn } from "../packages/own-package.ts";
import type { Program } from "../program/program.ts";
import { contentOf, type Location } from "../program/program-resolver.ts";
import { type Specifier, versionedBy } from "../syntax/module-summary.ts";
import { evidenceKey, holds, readEvidence, surroundings, writeEvidence } from "./program-evidence.ts";

/** What all versions of a program follow from. Paths are relative to the project. */
interface ProgramDescription {
  /** Of the same code there are other versions by another Sluice, and under another Node. */
  readonly versionedBy: typeof versionedBy;
  /** `map` is of the source map, for a bundle that has one of its own: it tells where parts are. */
  readonly modules: readonly (readonly [name: string, source: Digest, settings: Digest, map: Digest | null])[];
  readonly resolutions: readonly (readonly [
    module: number,
    kind: Specifier["kind"],
    specifier: string,
    target: string,
  ])[];
  /** What packages and files that are no code count by. */
  readonly others: readonly (readonly [target: string, digest: Digest])[];
}

type StoredVersions = Readonly<Record<string, readonly [digest: Digest, warnings?: readonly Failure[]]>>;

interface StoredParts {
  readonly parts: readonly CodePart[];
  /** By version, which of the parts it has. */
  readonly of: Readonly<Record<Digest, readonly number[]>>;
}

/**
 * The versions that earlier processes found, for as long as nothing that they follow from has changed: the source of every
 * module of the program, what every specifier leads to, the versions of packages, the content of files. Then a run looks up
 * a thousand versions in the time that finding a few of them takes.
 *
 * They are stored by the digest of all this, and beside it the evidence that tells, from files alone, whether it still holds.
 */
export class RememberedVersions {
  readonly #program: Program;
  readonly #root: string;
  /** The real path of the root. */
  readonly #base: string;
  readonly #derived: DerivedCache;
  readonly #key: Digest;
  readonly #known = new Map<string, CodeVersion>();
  /** What is stored, as bytes until somebody asks for a version: a run that is known asks for none. */
  #bytes: Uint8Array | undefined;
  #decoded: StoredVersions | undefined;
  #parts: StoredParts | undefined;
  #storedAs: Digest | undefined;
  /** Of the program whose versions are stored. */
  #description: ProgramDescription | undefined;
  #fresh = false;

  /** @param roots the modules from which the program starts: absolute paths */
  constructor(root: string, program: Program, derived: DerivedCache, roots: readonly string[]) {
    this.#root = root;
    this.#base = realpathSync(root);
    this.#program = program;
    this.#derived = derived;
    this.#key = evidenceKey(this.#base, roots);
    const evidence = readEvidence(derived, this.#key);
    const description = evidence && read<ProgramDescription>(derived, "program", evidence.program);
    if (!description) return;
    const told =
      this.#wasLoaded(description) &&
      holds(this.#base, evidence, this.#digestsNow(description), this.#loadedSince(description));
    if (!told && !this.#isStill(description)) return;
    this.#storedAs = evidence.program;
    this.#current = evidence.program;
    this.#bytes = derived.get("code-versions", evidence.program);
    this.#description = description;
    for (const [name, digest] of description.modules) {
      const file = path.resolve(root, name);
      if (!program.loaded(file)) program.noteModule(file, digest);
    }
    for (const [target, digest] of description.others) {
      if (target.startsWith("file ")) program.noteData(path.resolve(root, target.slice("file ".length)), digest);
    }
    if (told || !(evidence.facts || evidence.unsettled)) return;
    // What has changed does not count. What the files say is taken down anew, so that they tell next time.
    this.#see(description);
    this.#writeSoon();
  }

  get #stored(): StoredVersions | undefined {
    if (this.#bytes) this.#decoded = parsed<StoredVersions>(this.#bytes);
    this.#bytes = undefined;
    return this.#decoded;
  }

  /** What stands for the program as this process sees it; undefined before anything is known of it. */
  get program(): Digest | undefined {
    return this.#current;
  }
  #current: Digest | undefined;

  /** Undefined where nothing is known of versions. */
  asOfNow(): KnownVersions | undefined {
    // What was added since is of the program that is written with it.
    if (this.#fresh) this.#write();
    if (this.#current === undefined || !(this.#bytes || this.#decoded || this.#known.size > 0)) return undefined;
    const digestOf = (call: string): Digest | undefined => this.#known.get(call)?.digest ?? this.#storedOf(call)?.[0];
    return { program: this.#current, digestAt: (place, asked) => digestOf(versionName(place, asked)) };
  }

  /** @param recompute finds the version again, should its parts have been forgotten */
  get(call: string, recompute: () => CodeVersion): CodeVersion | undefined {
    const known = this.#known.get(call);
    if (known) return known;
    const stored = this.#storedOf(call);
    if (!stored) return undefined;
    const [digest, warnings = []] = stored;
    const version = new RememberedVersion(digest, warnings, () => this.#partsOf(digest) ?? recompute().parts);
    this.#known.set(call, version);
    return version;
  }

  #storedOf(call: string): StoredVersions[string] | undefined {
    const stored = this.#stored;
    return stored && Object.hasOwn(stored, call) ? stored[call] : undefined;
  }

  #partsOf(version: Digest): readonly CodePart[] | undefined {
    if (this.#storedAs === undefined) return undefined;
    this.#parts ??= read<StoredParts>(this.#derived, "code-parts", this.#storedAs) ?? { parts: [], of: {} };
    const { parts, of } = this.#parts;
    return Object.hasOwn(of, version) ? of[version]!.map((index) => parts[index]!) : undefined;
  }

  /** Remembers a version. All new ones are written at once, as soon as whoever asks for versions pauses. */
  add(call: string, version: CodeVersion): void {
    this.#known.set(call, version);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#fresh) return;
    this.#fresh = true;
    queueMicrotask(() => {
      if (this.#fresh) this.#write();
    });
  }

  #write(): void {
    this.#fresh = false;
    // What is carried on follows from all of that program: also from modules that nobody has asked for in this process.
    if (this.#description) this.#see(this.#description);
    const versions: Record<string, StoredVersions[string]> = { ...this.#stored };
    for (const [call, { digest, warnings }] of this.#known)
      versions[call] = warnings.length === 0 ? [digest] : [digest, warnings];
    const description = Buffer.from(JSON.stringify(this.#describe()));
    const program = digestOf(description);
    this.#current = program;
    this.#derived.put("program", program, description);
    write(this.#derived, "code-versions", program, versions);
    const parts = this.#allParts(versions);
    if (parts) write(this.#derived, "code-parts", program, parts);
    const evidence = { program, surroundings: surroundings(this.#base), ...this.#program.facts() };
    writeEvidence(this.#derived, this.#key, evidence);
  }

  /** Undefined where these are so many that finding them again is better than keeping them. */
  #allParts(versions: StoredVersions): StoredParts | undefined {
    const fresh = [...this.#known.values()].filter((version) => !(version instanceof RememberedVersion));
    if (fresh.reduce((count, { parts }) => count + parts.length, 0) > mostPartsKept) return undefined;
    const indexes = new Map<CodePart, number>();
    const indexOf = (part: CodePart): number => {
      const index = indexes.get(part) ?? indexes.size;
      indexes.set(part, index);
      return index;
    };
    const of: Record<Digest, readonly number[]> = {};
    for (const { digest, parts } of fresh) of[digest] ??= parts.map(indexOf);
    for (const [digest] of Object.values(versions)) {
      const parts = of[digest] ? undefined : this.#partsOf(digest);
      if (parts) of[digest] = parts.map(indexOf);
    }
    return { parts: [...indexes.keys()], of };
  }

  /** Sorted, so that one program has one description. */
  #describe(): ProgramDescription {
    const seen = this.#program.seen();
    const modules = [...seen.modules].sort((a, b) => (a.name < b.name ? -1 : 1));
    const index = new Map(modules.map((module, i) => [module, i]));
    const resolutions: ProgramDescription["resolutions"][number][] = [];
    const others = new Map<string, Digest>();
    for (const { module, specifier, location } of seen.resolutions) {
      const target = this.#targetOf(location);
      resolutions.push([index.get(module)!, specifier.kind, specifier.specifier, target]);
      if (!others.has(target)) others.set(target, this.#digestOf(location));
    }
    return {
      versionedBy,
      modules: modules.map((module) => {
        const { name, file, digest, settings } = module;
        return [name, digest, settings.digest, this.#program.mapOf(file)?.digest ?? null];
      }),
      resolutions: resolutions.sort((a, b) => a[0] - b[0] || compare(a.join("\n"), b.join("\n"))),
      others: [...others].filter(([, digest]) => digest !== "").sort(([a], [b]) => compare(a, b)),
    };
  }

  /** Whether what was loaded is what the description says, as far as it was loaded. */
  #wasLoaded({ modules, resolutions }: ProgramDescription): boolean {
    const loaded = modules.map(([name]) => this.#program.loaded(path.resolve(this.#root, name)));
    if (!modules.every(([, digest], i) => !loaded[i] || loaded[i].digest === digest)) return false;
    const paths = new Map<string, string>();
    return resolutions.every(([module, kind, specifier, target]) => {
      const led = kind === "asset" ? undefined : loaded[module]?.resolutions.get(specifier);
      if (led === undefined) return true;
      if (target === "builtin") return !path.isAbsolute(led);
      if (target === "own") return isOwn(led) || isInstalled(led);
      let expected = paths.get(target);
      if (expected === undefined) {
        expected = path.resolve(this.#root, target.slice(target.indexOf(" ") + 1));
        paths.set(target, expected);
      }
      return led === expected || (target.startsWith("package ") && led.startsWith(expected + path.sep));
    });
  }

  /** Since when its modules may have been loaded: what they import cannot be older. */
  #loadedSince({ modules }: ProgramDescription): number {
    return Math.min(...modules.map(([name]) => this.#program.loadedAt(path.resolve(this.#root, name))));
  }

  /** Whether the program is what the description says, as its modules were loaded, else as they would be. */
  #isStill({ modules, resolutions, others }: ProgramDescription): boolean {
    const files = modules.map(([name]) => path.resolve(this.#root, name));
    const locations = new Map<string, Location>();
    return (
      modules.every(([, digest, settings, map], i) => {
        const file = files[i]!;
        if (!existsSync(file)) return false;
        const program = this.#program;
        const isSame = program.sourceOf(file).digest === digest && program.settingsOf(file).digest === settings;
        return isSame && (program.mapOf(file)?.digest ?? null) === map;
      }) &&
      resolutions.every(([module, kind, specifier, target]) => {
        const location = this.#program.locate(files[module]!, { kind, specifier });
        locations.set(target, location);
        return this.#targetOf(location) === target;
      }) &&
      others.every(([target, digest]) => this.#digestOf(locations.get(target)!) === digest)
    );
  }

  /** Looks at the whole program, for the first time where its description alone was needed so far. */
  #see({ modules, resolutions }: ProgramDescription): void {
    const seen = modules.map(([name]) => this.#program.module(path.resolve(this.#root, name)));
    for (const [module, kind, specifier] of resolutions) this.#program.resolve(seen[module]!, { kind, specifier });
  }

  #targetOf(location: Location): string {
    if ("file" in location) return `${location.kind} ${relativeTo(this.#root, location.file)}`;
    return location.kind === "package" ? `package ${relativeTo(this.#root, location.root)}` : location.kind;
  }

  /** What a package or a file that is no code counts by; nothing for others. */
  #digestOf(location: Location): Digest | "" {
    if (location.kind === "json" || location.kind === "file") return this.#program.digestOf(location) ?? "";
    if (location.kind !== "package") return "";
    const parts = this.#program.packages.partsOf(location.root).map(({ name, digest }) => `${name} ${digest}`);
    return digestParts("packages", parts);
  }

  /** Of a module as it was loaded, or is analysed; of any other file as it is. */
  #digestsNow({ modules }: ProgramDescription): (file: string) => Digest | undefined {
    const files = new Set(modules.map(([name]) => path.resolve(this.#root, name)));
    return (file) =>
      files.has(file)
        ? this.#program.sourceOf(file).digest
        : (this.#program.loaded(file)?.digest ?? contentOf(file, digestOf));
  }
}

/** Of all versions of a program together: with some hundred bytes each, what is kept of one edit stays under a few megabytes. */
const mostPartsKept = 20_000;

/** A version that an earlier process found. */
export class RememberedVersion implements CodeVersion {
  readonly digest: Digest;
  readonly warnings: readonly Failure[];
  readonly changedCapture?: () => string | undefined;
  readonly #read: () => readonly CodePart[];
  #parts: readonly CodePart[] | undefined;

  constructor(
    digest: Digest,
    warnings: readonly Failure[],
    read: () => readonly CodePart[],
    changedCapture?: () => string | undefined,
  ) {
    this.digest = digest;
    this.warnings = warnings;
    this.#read = read;
    if (changedCapture) this.changedCapture = changedCapture;
  }

  /** The same of a value that may be changed later on. @param changedCapture looks at it again */
  with(changedCapture: () => string | undefined): RememberedVersion {
    return new RememberedVersion(this.digest, this.warnings, () => this.parts, changedCapture);
  }

  /** Few runs ask for them: only what runs is recorded with its parts. */
  get parts(): readonly CodePart[] {
    this.#parts ??= this.#read();
    return this.#parts;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function read<T>(derived: DerivedCache, kind: string, key: Digest): T | undefined {
  const bytes = derived.get(kind, key);
  return bytes && parsed<T>(bytes);
}

function parsed<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString()) as T;
}

function write(derived: DerivedCache, kind: string, key: Digest, value: unknown): void {
  derived.put(kind, key, Buffer.from(JSON.stringify(value)));
}
