import { existsSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import type { DerivedCache } from "../core/derived.ts";
import type { Digest } from "../core/digest.ts";
import type { Failure } from "../core/failure.ts";
import type { CodeVersion } from "./code-version.ts";
import { relativeTo } from "./module-path.ts";
import { analyserScheme, type Specifier } from "./module-summary.ts";
import type { Program } from "./program.ts";
import type { Location } from "./program-resolver.ts";

/** What all versions of a program follow from. Paths are relative to the project. */
interface Evidence {
  readonly modules: readonly (readonly [name: string, source: Digest, settings: Digest])[];
  readonly resolutions: readonly (readonly [
    module: number,
    kind: Specifier["kind"],
    specifier: string,
    target: string,
  ])[];
  readonly packages: readonly (readonly [folder: string, parts: Digest])[];
}

interface Stored {
  readonly evidence: Evidence;
  readonly versions: Record<string, readonly [digest: Digest, warnings?: readonly Failure[]]>;
}

interface StoredParts {
  readonly parts: readonly CodePart[];
  /** By version, which of the parts it has. */
  readonly of: Readonly<Record<Digest, readonly number[]>>;
}

/**
 * The versions that earlier processes found, for as long as nothing that they follow from has changed: the source of every
 * module of the program, what every specifier leads to, the versions of packages, the content of files. Then a run looks up
 * a thousand versions in the time that finding a few of them takes.
 */
export class RememberedVersions {
  readonly #program: Program;
  readonly #root: string;
  readonly #derived: DerivedCache;
  readonly #key: Digest;
  readonly #known = new Map<string, CodeVersion>();
  readonly #stored: Stored | undefined;
  #parts: StoredParts | undefined;
  #fresh = false;

  /** @param roots the modules from which the program starts: absolute paths */
  constructor(root: string, program: Program, derived: DerivedCache, roots: readonly string[]) {
    this.#root = root;
    this.#program = program;
    this.#derived = derived;
    const names = roots.map((file) => relativeTo(root, file)).sort();
    this.#key = digestParts("code-versions", [analyserScheme, process.versions.node.split(".")[0]!, ...names]);
    const stored = read<Stored>(derived, "code-versions", this.#key);
    this.#stored = stored && this.#holds(stored.evidence) ? stored : undefined;
  }

  /** @param recompute finds the version again, should its parts have been forgotten */
  get(call: string, recompute: () => CodeVersion): CodeVersion | undefined {
    const known = this.#known.get(call);
    if (known) return known;
    const stored = this.#stored && Object.hasOwn(this.#stored.versions, call) ? this.#stored.versions[call] : undefined;
    if (!stored) return undefined;
    const [digest, warnings = []] = stored;
    const version = new RememberedVersion(digest, warnings, () => this.#partsOf(digest) ?? recompute().parts);
    this.#known.set(call, version);
    return version;
  }

  #partsOf(version: Digest): readonly CodePart[] | undefined {
    this.#parts ??= read<StoredParts>(this.#derived, "code-parts", this.#key) ?? { parts: [], of: {} };
    const indexes = Object.hasOwn(this.#parts.of, version) ? this.#parts.of[version] : undefined;
    return indexes?.map((index) => this.#parts!.parts[index]!);
  }

  /** Remembers a version. All new ones are written at once, as soon as whoever asks for versions pauses. */
  add(call: string, version: CodeVersion): void {
    this.#known.set(call, version);
    if (this.#fresh) return;
    this.#fresh = true;
    queueMicrotask(() => {
      this.#fresh = false;
      this.#write();
    });
  }

  #write(): void {
    const versions: Stored["versions"] = { ...this.#stored?.versions };
    const parts = new Map<string, readonly [index: number, part: CodePart]>();
    const of: Record<Digest, readonly number[]> = {};
    for (const [call, version] of this.#known) {
      const { digest, warnings } = version;
      versions[call] = warnings.length === 0 ? [digest] : [digest, warnings];
      if (Object.hasOwn(of, digest)) continue;
      of[digest] = version.parts.map((part) => {
        const id = `${part.digest} ${part.file ?? ""} ${part.name} ${part.line ?? ""}`;
        const found = parts.get(id) ?? ([parts.size, part] as const);
        parts.set(id, found);
        return found[0];
      });
    }
    const storedParts: StoredParts = { parts: [...parts.values()].map(([, part]) => part), of };
    write(this.#derived, "code-parts", this.#key, storedParts);
    write(this.#derived, "code-versions", this.#key, { evidence: this.#evidence(), versions } satisfies Stored);
  }

  #evidence(): Evidence {
    const seen = this.#program.seen();
    const modules = [...seen.modules];
    const index = new Map(modules.map((module, i) => [module, i]));
    const resolutions: Evidence["resolutions"][number][] = [];
    const packages = new Map<string, Digest>();
    for (const { module, specifier, location } of seen.resolutions) {
      resolutions.push([index.get(module)!, specifier.kind, specifier.specifier, this.#describe(location)]);
      if (location.kind === "package")
        packages.set(relativeTo(this.#root, location.root), this.#digestOfPackage(location.root));
    }
    return {
      modules: modules.map(({ name, digest, settings }) => [name, digest, settings.digest]),
      resolutions,
      packages: [...packages],
    };
  }

  #holds({ modules, resolutions, packages }: Evidence): boolean {
    const files = modules.map(([name]) => path.resolve(this.#root, name));
    return (
      modules.every(([, digest, settings], i) => {
        const file = files[i]!;
        if (!existsSync(file)) return false;
        return this.#program.sourceOf(file).digest === digest && this.#program.settingsOf(file).digest === settings;
      }) &&
      resolutions.every(([module, kind, specifier, target]) => {
        return this.#describe(this.#program.locate(files[module]!, { kind, specifier })) === target;
      }) &&
      packages.every(([folder, parts]) => this.#digestOfPackage(path.resolve(this.#root, folder)) === parts)
    );
  }

  #describe(location: Location): string {
    switch (location.kind) {
      case "module":
        return `module ${relativeTo(this.#root, location.file)}`;
      case "json":
      case "file":
        return `${location.kind} ${relativeTo(this.#root, location.file)} ${this.#program.digestOf(location) ?? ""}`;
      case "package":
        return `package ${relativeTo(this.#root, location.root)}`;
      default:
        return location.kind;
    }
  }

  #digestOfPackage(root: string): Digest {
    return digestParts(
      "packages",
      this.#program.packages.partsOf(root).map(({ name, digest }) => `${name} ${digest}`),
    );
  }
}

class RememberedVersion implements CodeVersion {
  readonly digest: Digest;
  readonly warnings: readonly Failure[];
  readonly #read: () => readonly CodePart[];
  #parts: readonly CodePart[] | undefined;

  constructor(digest: Digest, warnings: readonly Failure[], read: () => readonly CodePart[]) {
    this.digest = digest;
    this.warnings = warnings;
    this.#read = read;
  }

  /** Few runs ask for them: only what runs is recorded with its parts. */
  get parts(): readonly CodePart[] {
    this.#parts ??= this.#read();
    return this.#parts;
  }
}

function read<T>(derived: DerivedCache, kind: string, key: Digest): T | undefined {
  const bytes = derived.get(kind, key);
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as T);
}

function write(derived: DerivedCache, kind: string, key: Digest, value: unknown): void {
  derived.put(kind, key, Buffer.from(JSON.stringify(value)));
}
