import type { Digest } from "../../core/digest.ts";
import type { BindingKind, DependencyKind, Feature } from "./scope.ts";

/*
 * What is remembered of a module's source: everything about its top-level declarations that versions need, so that a source
 * seen before is not parsed again. All of it can be written as JSON.
 */

/** Raised when the same source would be summed up in another way: it is part of every code version. */
export const analyserScheme = 5;

/** What versions of code follow from beside the program: how they are made, and Node's major version. */
export const versionedBy = [analyserScheme, process.versions.node.split(".")[0]!] as const;

export interface ModuleSummary {
  /** Whether its exports can be told apart. Else whoever reaches it reaches all of it. */
  readonly hasExports: boolean;
  readonly units: readonly Unit[];
  /** Names that imports declare. */
  readonly imports: Readonly<Record<string, ImportedName>>;
  readonly exports: Readonly<Record<string, ExportedName>>;
  /** Specifiers of `export * from`. */
  readonly stars: readonly string[];
  /** Specifiers that are imported for what they do, not for a name. */
  readonly effectImports: readonly string[];
  /** All specifiers that the module loads when it runs, or may load later. */
  readonly specifiers: readonly Specifier[];
  /** Why it could not be parsed; then all of its text counts. */
  readonly problem?: string;
}

export interface Specifier {
  readonly specifier: string;
  readonly kind: DependencyKind;
  /** Whether it is loaded by an `import()`, when that runs. */
  readonly lazy?: true;
}

export interface ImportedName {
  readonly specifier: string;
  /** The export, or `*` for all of them as one object. */
  readonly name: string;
}

export type ExportedName =
  | { readonly local: string; readonly specifier?: undefined }
  /** `name` is `*` for `export * as`. */
  | { readonly specifier: string; readonly name: string };

/** Code with what it refers to: a part of a statement at the top of a module, or an argument of a call. */
export interface CodeSummary {
  /** Of the normal form. */
  readonly digest: Digest;
  /** Where its text lies in the source: pairs of start and end. */
  readonly span: readonly number[];
  readonly refs: readonly Ref[];
  readonly dependencies: readonly DependencySummary[];
  readonly features: readonly Feature[];
  readonly blind: readonly BlindSummary[];
}

/** One thing at the top of a module: a declaration, or a statement. */
export interface Unit extends CodeSummary {
  /** The first name that it declares; for a statement, what it calls or assigns. */
  readonly name: string;
  readonly kind: UnitKind;
  readonly line: number;
  readonly declares: readonly string[];
  /** Whether what it declares can be changed without being assigned: objects, but not functions, numbers or texts. */
  readonly mutable: boolean;
  /** Whether it matters when it runs: it calls or changes something as the module loads. */
  readonly ordered: boolean;
  /** Whether what it declares can be called; undefined where that cannot be told. */
  readonly callable?: boolean;
  /** Where the function starts that it declares. */
  readonly fn?: number;
  /** Where the function lies that it is, and nothing else: where that starts, where its parameters do, where it ends. */
  readonly whole?: readonly [start: number, parameters: number, end: number];
  readonly calls: readonly CallSummary[];
  /** Whether it may call or change things that cannot be told: as the module loads, or whenever it runs. */
  readonly opaqueEager: boolean;
  readonly opaque: boolean;
  /** Whether its functions may be called as the module loads, by itself. */
  readonly runsFunctions: boolean;
  /** Whether reading or converting what it makes may change something: an accessor, an iterator, a proxy that acts. */
  readonly implicit?: true;
  /** Whether the module waits there as it loads: what stands behind it runs when other modules may have run. */
  readonly awaits?: true;
  /** Whether it declares a function that gives an iterator. */
  readonly generator?: true;
  /** Methods of its own that may change something though their names are those of built-in methods that only look. */
  readonly methods?: readonly string[];
  /** Whether what it declares was made there, so that changing a property of it changes nothing else. */
  readonly fresh?: true;
}

export type UnitKind =
  | Exclude<BindingKind, "import" | "member" | "param" | "catch" | "loop" | "self">
  | "statement"
  | "default";

/** A use of a name of the module, or of a global. */
export interface Ref {
  readonly name: string;
  /** The first property that is read of it, where that is plain. */
  readonly member?: string;
  /** A sum of {@link RefFlag}. */
  readonly flags: number;
  /** The calls of its unit that get it as an argument, or a function that it lies in; indexes, innermost first. */
  readonly within?: readonly number[];
}

export const RefFlag = {
  /** It is no name of the module. */
  global: 1,
  /** It is assigned, or what it holds is. */
  write: 2,
  /** It is only called, or only an operand: its value does not get away. */
  kept: 4,
  /** It is evaluated as the module loads. */
  eager: 8,
  /** It is called, and not read. */
  call: 16,
  /** What is assigned is a property of a property. */
  deep: 32,
  /** It is read as it is, or its member is, and nothing of that. */
  whole: 64,
} as const;

/** A call whose callee may change something. */
export interface CallSummary {
  /** A name of the module; absent for a call of a global that may change anything. */
  readonly name?: string;
  /** The method that is called, or the export of a namespace. */
  readonly method?: string;
  /** How many properties lie between the name and what is called. */
  readonly depth: number;
  /** Whether it is a method of what a call of the name gave. */
  readonly chained: boolean;
  readonly eager: boolean;
  readonly isStatement: boolean;
  /** Whether something is done with its value other than declaring it. */
  readonly used?: true;
  /** Whether the name is not called here but given to a function that may call it: `list.forEach(f)`. */
  readonly given: boolean;
  /** For a global: whether it changes what it is given, and nothing else. */
  readonly onlyArguments?: true;
  readonly within?: readonly number[];
}

export interface DependencySummary {
  readonly kind: DependencyKind;
  readonly specifier: string;
  readonly names?: readonly string[];
  /** Whether it is loaded as the module loads. */
  readonly eager?: true;
}

export interface BlindSummary {
  readonly what: string;
  readonly line: number;
  readonly column: number;
}
