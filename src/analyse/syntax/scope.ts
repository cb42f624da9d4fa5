import type { Node } from "./syntax.ts";

/** What kind of declaration gave a name its meaning. */
export type BindingKind =
  | "import"
  | "const"
  | "let"
  | "var"
  | "function"
  | "class"
  | "enum"
  | "namespace"
  | "member"
  | "param"
  | "catch"
  | "loop"
  | "self";

/** A function of a module, by its syntax. */
export interface FunctionSyntax {
  readonly start: number;
  readonly end: number;
  readonly node: Node;
  /** The function that it lies in. */
  readonly parent: FunctionSyntax | undefined;
}

/** Where names are looked up. */
export class Scope {
  readonly parent: Scope | undefined;
  /** The function that the code in this scope belongs to; undefined for the module's own. */
  readonly fn: FunctionSyntax | undefined;
  /** Whether `var` declares here. */
  readonly isVarScope: boolean;
  /** What a `for` does between two turns: it assigns the variables of the next one, each turn has its own. */
  step: Node | undefined;
  #bindings: Map<string, Binding> | undefined;

  constructor(parent: Scope | undefined, fn: FunctionSyntax | undefined, isVarScope: boolean) {
    this.parent = parent;
    this.fn = fn;
    this.isVarScope = isVarScope;
  }

  get isModule(): boolean {
    return this.parent === undefined;
  }

  /** What is declared here: mostly nothing, as each block is a scope. */
  get bindings(): ReadonlyMap<string, Binding> {
    return this.#bindings ?? noBindings;
  }

  bind(binding: Binding): void {
    this.#bindings ??= new Map();
    this.#bindings.set(binding.name, binding);
  }

  lookUp(name: string): Binding | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const found = scope.bindings.get(name);
      if (found) return found;
    }
    return undefined;
  }
}

const noBindings: ReadonlyMap<string, Binding> = new Map();

/** A name with its declaration. */
export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  readonly scope: Scope;
  /** Of the name in its declaration. */
  readonly offset: number;
  /** What a variable is initialised with; of a destructured one, what is taken apart. */
  readonly init?: Node | undefined;
  /** The whole declaration of a variable, function or class: what a captured local counts by. */
  readonly declaration?: Node | undefined;
  /** The function that a declaration, or a constant, names. */
  readonly fn?: FunctionSyntax | undefined;
  readonly param?: ParamPlace;
  /** How often it is assigned besides its initialiser, and between the turns of a loop. */
  writes: number;
}

/** Which argument a parameter, or a name in its pattern, is taken from. */
export interface ParamPlace {
  readonly fn: FunctionSyntax;
  readonly index: number;
  readonly rest: boolean;
  /** For a name in the pattern of a parameter: the property that it stands for. */
  readonly property?: string;
  /** The parameter with its default. */
  readonly node: Node;
}

/** How a name is used: `call` stands for `f(...)`, `new F()` and tags; `mutate` for assignments to what it holds. */
export type ReferenceUse = "read" | "call" | "method" | "write" | "mutate";

export interface Reference {
  readonly name: string;
  readonly offset: number;
  readonly scope: Scope;
  readonly use: ReferenceUse;
  /** The first property that is read of it, where that is plain. */
  readonly member: string | undefined;
  /** How many properties lie between the name and what is assigned. */
  readonly depth: number;
  /** Whether its value cannot get away: an operand, a part of a text. */
  readonly safe: boolean;
  /** Whether it is evaluated as the module loads. */
  readonly eager: boolean;
  readonly within: Within | undefined;
  /** Undefined for a global. */
  binding: Binding | undefined;
}

/** The calls that get something as an argument, or the function that it lies in; innermost first. */
export interface Within {
  readonly call: Call;
  readonly parent: Within | undefined;
}

/** What is called. */
export type Callee =
  /** `f()`, `a.f()`, `a.b.f()`: a name, and the method that is called on it or on what it holds. */
  | {
      readonly kind: "name";
      readonly reference: Reference;
      readonly method: string | undefined;
      readonly depth: number;
    }
  /** `f().g()`: a method of what another call gave. */
  | { readonly kind: "chain"; readonly of: Call; readonly method: string | undefined }
  /** `(() => ...)()`: a function on the spot. */
  | { readonly kind: "function"; readonly fn: FunctionSyntax }
  /** `this.f()` and `super()` in a class. */
  | { readonly kind: "this" }
  /** `"text".f()`, `[].f()`, `import.meta.f()`: nothing of the user's is called. */
  | { readonly kind: "value" }
  | { readonly kind: "unknown"; readonly method: string | undefined };

export interface Call {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  /** Where V8 says that the call is: the name of a function or method, else after the callee, or the `new`. */
  readonly anchor: number;
  readonly calleeEnd: number;
  callee: Callee;
  readonly isNew: boolean;
  readonly args: readonly Node[];
  readonly eager: boolean;
  readonly within: Within | undefined;
  /** Whether its value is thrown away: it is called for what it does. */
  readonly isStatement: boolean;
  /** Whether something is done with its value other than declaring it: then that may be done to what it is given. */
  readonly isUsed: boolean;
  readonly scope: Scope;
}

/** Code that may call or change anything. */
export interface Opaque {
  readonly offset: number;
  readonly eager: boolean;
  readonly within: Within | undefined;
}

/** `this`, `arguments` and `new.target`, with the function or class that gives them; undefined at the top. */
export interface Implicit {
  readonly name: string;
  readonly offset: number;
  readonly owner: { readonly start: number; readonly end: number } | undefined;
}

/** A module or file that code names by a specifier. */
export interface DependencySyntax {
  readonly kind: DependencyKind;
  readonly specifier: string;
  readonly offset: number;
  /** The exports that are used; undefined where that may be all. */
  readonly names: readonly string[] | undefined;
  /** Whether it is loaded as the module loads. */
  readonly eager: boolean;
}

export type DependencyKind = "import" | "require" | "asset";

/** What of the compiler's settings the meaning of code depends on. */
export type Feature = "jsx" | "decorators" | "fields" | "strict";

/** Something that static analysis cannot see through. */
export interface Blind {
  readonly what: string;
  readonly offset: number;
}
