import type { CodeVersion } from "../analyse/code-version.ts";
import { digestParts } from "../core/canonical.ts";
import type { CodePart } from "../core/code-part.ts";
import type { Digest } from "../core/digest.ts";
import { failureOf } from "../core/failure.ts";
import type { GraphNode } from "../core/graph.ts";
import { classesIn, type RegisteredClass, registeredClasses } from "../core/value-class.ts";
import type { Workspace } from "./workspace.ts";

/*
 * An instance of a registered class brings its methods with it: a function that gets one runs code that it names nowhere. So the code of
 * a class counts for every stage that an instance may come to: through what it reads, from where the class is named or given.
 */

type Code = Pick<CodeVersion, "digest" | "parts">;

/** The classes whose instances may come to the stages of a graph. */
export class ClassCode {
  readonly #workspace: Pick<Workspace, "analyser">;
  readonly #classes: readonly RegisteredClass[] = registeredClasses();
  readonly #code = new Map<RegisteredClass, Code | undefined>();
  readonly #reaching = new Map<GraphNode, ReadonlySet<RegisteredClass>>();

  constructor(workspace: Pick<Workspace, "analyser">) {
    this.#workspace = workspace;
  }

  /** Whether there are any. */
  get isConcerned(): boolean {
    return this.#classes.length > 0;
  }

  /** Takes note of a source with its value, before what reads it. */
  source(node: GraphNode, value: unknown): void {
    this.#reaching.set(node, classesIn(value));
  }

  /** What counts of classes beside a stage's own code; undefined where nothing does. Asked in topological order. */
  of(node: GraphNode, code: CodeVersion): Code | undefined {
    const reaching = new Set<RegisteredClass>();
    for (const input of node.inputs) {
      const among = input.node ? this.#reaching.get(input.node) : classesIn(input.value);
      for (const each of among ?? []) reaching.add(each);
    }
    // What a captured value holds no part tells.
    if (code.parts.some(({ kind }) => kind === "captured")) for (const each of this.#classes) reaching.add(each);
    const counted = this.versioned(reaching);
    for (const each of this.#namedIn(code)) reaching.add(each);
    this.#reaching.set(node, reaching);
    return counted;
  }

  /** What counts of some classes; undefined where nothing does. */
  versioned(classes: Iterable<RegisteredClass>): Code | undefined {
    const found = [...classes].flatMap((each) => this.#codeOf(each) ?? []);
    if (found.length === 0) return undefined;
    const parts = new Map(found.flatMap(({ parts }) => parts.map((part) => [idOf(part), part] as const)));
    return { digest: digestParts("classes", found.map(({ digest }) => digest).sort()), parts: [...parts.values()] };
  }

  /** Those that code may make: whose code is among its parts. */
  #namedIn({ parts }: CodeVersion): readonly RegisteredClass[] {
    const ids = new Set(parts.map(idOf));
    return this.#classes.filter((each) => this.#codeOf(each)?.parts.some((part) => ids.has(idOf(part))) ?? false);
  }

  #codeOf(of: RegisteredClass): Code | undefined {
    if (!this.#code.has(of)) this.#code.set(of, this.#find(of));
    return this.#code.get(of);
  }

  #find({ name, functions }: RegisteredClass): Code | undefined {
    if (!functions) return undefined;
    const versionOf = (value: unknown): CodeVersion =>
      this.#workspace.analyser.versionOfValue(value, () => [], { captured: "ignore" });
    try {
      const { digest } = versionOf(Object.values(functions));
      // Together they count, and by themselves each is told by what it is for.
      const parts = Object.entries(functions).flatMap(([role, fn]) => partsOf(versionOf(fn), name, role));
      // A class that is reached by its name as well is told of by that.
      const reached = new Set(parts.flatMap((part) => (part.own ? [] : [codeOf(part)])));
      const once = parts.filter((part) => !part.own || !reached.has(codeOf(part)));
      return { digest: digestParts("class", [name, digest]), parts: once.map(({ own: _, ...part }) => part) };
    } catch (error) {
      // Of a class whose source is not at hand nothing but its name counts, which is in its instances.
      if (failureOf(error, "captured-variable")) return undefined;
      throw error;
    }
  }
}

const without = new WeakMap<CodeVersion, CodeVersion>();

/** A stage's own code, where that of classes was put beside it. */
export function withoutClasses(code: CodeVersion): CodeVersion {
  return without.get(code) ?? code;
}

/** A stage's code with that of the classes that count for it. */
export function withClasses(code: CodeVersion, classes: Code): CodeVersion {
  const both: CodeVersion = {
    digest: code.digest,
    warnings: code.warnings,
    get parts() {
      const own = new Set(code.parts.map(idOf));
      return [...code.parts, ...classes.parts.filter((part) => !own.has(idOf(part)))];
    },
    changedCapture: () => code.changedCapture?.(),
    changedFile: () => code.changedFile?.(),
    ...(code.paths ? { paths: code.paths } : {}),
  };
  without.set(both, code);
  return both;
}

/** The digest of both. */
export function digestWithClasses(code: Digest, classes: Code): Digest {
  return digestParts("code-with-classes", [code, classes.digest]);
}

/** What counts of one function of a class, its own code called after that. */
function partsOf({ parts }: CodeVersion, name: string, role: string): readonly CodePart[] {
  const called = role === "type" ? `registered class ${name}` : `${role} of registered class ${name}`;
  return parts.flatMap((part) => {
    if (part.kind === "captured") return [];
    return part.own ? { ...part, name: called } : part;
  });
}

function codeOf({ kind, file, digest }: CodePart): string {
  return JSON.stringify([kind, file ?? null, digest]);
}

function idOf({ kind, file, name, digest }: CodePart): string {
  return JSON.stringify([kind, file ?? null, name, digest]);
}
