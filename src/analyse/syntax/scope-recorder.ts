import type { JsxTarget } from "./jsx-target.ts";
import {
  type Binding,
  type Blind,
  type Call,
  type DependencySyntax,
  type Feature,
  type FunctionSyntax,
  type Implicit,
  type Opaque,
  type Reference,
  Scope,
  type Within,
} from "./scope.ts";
import type { Node } from "./syntax.ts";

/** All names and calls of a module, each name with its declaration. */
export interface ModuleScopes {
  readonly scope: Scope;
  /** In the order of the source, as are the other lists. */
  readonly references: readonly Reference[];
  readonly calls: readonly Call[];
  readonly opaques: readonly Opaque[];
  readonly implicits: readonly Implicit[];
  readonly dependencies: readonly DependencySyntax[];
  readonly features: readonly { readonly feature: Feature; readonly offset: number }[];
  readonly blind: readonly Blind[];
  /** Names that a local `export { ... }` gives away. */
  readonly exported: ReadonlySet<string>;
}

/** Takes note of names and calls while the syntax of a module is walked: where the walk is, and what it has found. */
export abstract class ScopeRecorder {
  protected readonly jsx: JsxTarget;
  protected readonly module = new Scope(undefined, undefined, true);
  protected readonly references: Reference[] = [];
  protected readonly calls: Call[] = [];
  protected readonly opaques: Opaque[] = [];
  protected readonly implicits: Implicit[] = [];
  protected readonly dependencies: DependencySyntax[] = [];
  protected readonly features: { feature: Feature; offset: number }[] = [];
  protected readonly blind: Blind[] = [];
  protected readonly exported = new Set<string>();
  protected scope = this.module;
  protected fn: FunctionSyntax | undefined;
  protected eager = true;
  protected within: Within | undefined;
  /** The function or class that gives `this`; `inClass` where that is an instance in the making, or the class itself. */
  protected thisOwner: { readonly start: number; readonly end: number; readonly inClass: boolean } | undefined;
  /** The exports that are taken from the `import()` or `require()` visited next. */
  protected names: readonly string[] | undefined;
  protected statementCall: Node | undefined;
  /** What a variable of the module is declared with. */
  protected declaring: Node | undefined;

  constructor(jsx: JsxTarget) {
    this.jsx = jsx;
  }

  /** Visits what runs, and leaves out what compiles to nothing. */
  abstract visit(node: Node | null | undefined): void;
  abstract visitAll(nodes: readonly (Node | null)[]): void;
  /** Visits what is assigned; `reads` where the old value counts. */
  protected abstract visitTarget(node: Node, reads: boolean): void;

  finish(): ModuleScopes {
    for (const reference of this.references) {
      const { name, scope, use, offset } = reference;
      const binding = scope.lookUp(name);
      reference.binding = binding;
      if (use === "write" && binding && !isWithin(binding.scope.step, offset)) binding.writes++;
    }
    this.references.sort((a, b) => a.offset - b.offset);
    this.calls.sort((a, b) => a.start - b.start);
    return {
      scope: this.module,
      references: this.references,
      calls: this.calls,
      opaques: this.opaques,
      implicits: this.implicits,
      dependencies: this.dependencies,
      features: this.features,
      blind: this.blind,
      exported: this.exported,
    };
  }

  protected inScope(scope: Scope, work: () => void): void {
    const before = this.scope;
    this.scope = scope;
    work();
    this.scope = before;
  }

  protected addBinding(scope: Scope, binding: Omit<Binding, "scope" | "writes">): void {
    const earlier = scope.bindings.get(binding.name);
    // `var` twice, a function again, merged enums and namespaces: one name, written more than once.
    if (earlier) earlier.writes++;
    else scope.bind({ ...binding, scope, writes: 0 });
  }

  protected refer(
    name: string,
    offset: number,
    more: Partial<Pick<Reference, "use" | "member" | "depth" | "safe" | "within">> = {},
  ): Reference {
    const reference: Reference = {
      name,
      offset,
      scope: this.scope,
      use: more.use ?? "read",
      member: more.member,
      depth: more.depth ?? 0,
      safe: more.safe ?? false,
      eager: this.eager,
      within: more.within ?? this.within,
      binding: undefined,
    };
    this.references.push(reference);
    return reference;
  }

  protected implicit(name: string, offset: number): void {
    this.implicits.push({ name, offset, owner: this.thisOwner });
  }

  protected opaque(offset: number): void {
    this.opaques.push({ offset, eager: this.eager, within: this.within });
  }

  protected depend(kind: DependencySyntax["kind"], specifier: string, offset: number, names?: readonly string[]): void {
    this.dependencies.push({ kind, specifier, offset, names, eager: this.eager });
  }

  protected varScope(): Scope {
    let scope = this.scope;
    while (!scope.isVarScope) scope = scope.parent!;
    return scope;
  }
}

function isWithin(node: Node | undefined, offset: number): boolean {
  return node !== undefined && node.start <= offset && offset < node.end;
}
