import type { Captured, CapturedParam, SiteArgument } from "../calls/call-site.ts";
import { isLookingMethod } from "../program/purity.ts";
import { type AnalysedModule, inRange, summariseCode } from "../syntax/analysed-module.ts";
import { isConstant, isFresh, isFunction, isMade } from "../syntax/constant-syntax.ts";
import type { Binding, Call, Reference, Scope } from "../syntax/scope.ts";
import { type Node, withoutTypes } from "../syntax/syntax.ts";

/** Code that is looked at, and the captured variable whose declaration it is; none for the code itself. */
interface Piece {
  readonly node: Node;
  readonly of: number | undefined;
  /** Whether it is part of another piece, and counts with that. */
  readonly again?: boolean;
}

type Entry = { -readonly [K in keyof Captured]: Captured[K] } & { readonly binding?: Binding; readonly uses: number[] };

/** An argument or a function, with the declarations of the local variables that it captures. */
export class CapturingCode {
  readonly #module: AnalysedModule;
  readonly #node: Node;
  /** Where the code stands. */
  readonly #scope: Scope;
  /** The scopes around it; what is declared in another is of its own, or of a piece's own. */
  readonly #around = new Set<Scope>();
  readonly #call: Call | undefined;
  readonly #pieces: Piece[];
  readonly #entries: Entry[] = [];
  readonly #byBinding = new Map<Binding, number>();
  readonly #byName = new Map<string, number>();

  /** @param call the call whose argument the code is */
  constructor(module: AnalysedModule, node: Node, scope: Scope, call?: Call) {
    this.#module = module;
    this.#node = node;
    this.#scope = scope;
    this.#call = call;
    this.#pieces = [{ node, of: undefined }];
    for (let at: Scope | undefined = scope; at; at = at.parent) this.#around.add(at);
  }

  summary(withProperties: boolean): SiteArgument {
    const { scopes, lines } = this.#module;
    for (let at = 0; at < this.#pieces.length; at++) {
      const piece = this.#pieces[at]!;
      const { node, of } = piece;
      for (const reference of inRange(scopes.references, node.start, node.end)) this.#take(reference, piece);
      for (const { name, offset, owner } of inRange(scopes.implicits, node.start, node.end)) {
        if (owner && owner.start < node.start) this.#takeImplicit(name, offset, of);
      }
    }
    this.#markKnown();
    // In the order of the source, so that finding them in another order does not count.
    const [first, ...more] = this.#pieces.flatMap(({ node, again }) => (again ? [] : [node]));
    const nodes = [first!, ...more.sort((a, b) => a.start - b.start)];
    const properties = withProperties ? this.#properties() : undefined;
    return {
      ...summariseCode(
        this.#module,
        nodes,
        nodes.map(({ start, end }) => [start, end]),
      ),
      line: lines.place(this.#node.start).line,
      captured: this.#entries.map(({ binding: _, uses, ...entry }) =>
        uses.length === 0 ? entry : { ...entry, via: uses },
      ),
      ...(isFunction(this.#node) ? { literal: true } : {}),
      ...(isMade(this.#node) ? { made: true } : {}),
      ...(isConstant(this.#node) ? { constant: true } : {}),
      ...(properties ? { properties } : {}),
    };
  }

  #properties(): Record<string, SiteArgument> | undefined {
    const node = withoutTypes(this.#node);
    if (node.type !== "ObjectExpression") return undefined;
    const properties: Record<string, SiteArgument> = Object.create(null);
    for (const property of node.properties) {
      // What is spread, or has a computed name, may be any property.
      if (property.type === "SpreadElement" || property.computed) return undefined;
      const { key } = property;
      const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;
      if (name === undefined) return undefined;
      properties[name] = new CapturingCode(this.#module, property.value, this.#scope, this.#call).summary(false);
    }
    return properties;
  }

  #inside(offset: number): boolean {
    return this.#pieces.some(({ node: { start, end } }) => start <= offset && offset < end);
  }

  #include(node: Node, of: number): void {
    const around = this.#pieces.filter(({ node: { start, end } }) => start <= node.start && node.end <= end);
    if (around.some((piece) => piece.of === undefined || piece.of === of)) return;
    this.#pieces.push({ node, of, ...(around.length > 0 ? { again: true } : {}) });
  }

  #take(reference: Reference, { node, of }: Piece): void {
    const { binding, offset } = reference;
    if (!binding || binding.scope.isModule || !this.#around.has(binding.scope)) return;
    let index = this.#byBinding.get(binding);
    if (index === undefined) {
      const shared = this.#isShared(binding);
      index = this.#add({ name: binding.name, binding, ...(shared ? { shared } : {}) }, offset, of);
      this.#byBinding.set(binding, index);
      this.#explain(index, binding);
    } else this.#use(index, of);
    if (isOfDefinition(node, reference)) this.#entries[index]!.early = true;
  }

  #takeImplicit(name: string, offset: number, of: number | undefined): void {
    const known = this.#byName.get(name);
    if (known !== undefined) return this.#use(known, of);
    const why = "it belongs to the function around it";
    this.#byName.set(name, this.#add({ name, why, ...(of === undefined ? {} : { shared: true }) }, offset, of));
  }

  #isShared({ name, scope }: Binding): boolean {
    for (const other of this.#around) if (other !== scope && other.bindings.has(name)) return true;
    return globalsIn(this.#module).has(name);
  }

  #add(entry: Omit<Entry, "line" | "column" | "uses">, offset: number, of: number | undefined): number {
    const index = this.#entries.push({ ...entry, ...this.#module.lines.place(offset), uses: [] }) - 1;
    this.#use(index, of);
    return index;
  }

  #use(index: number, of: number | undefined): void {
    const entry = this.#entries[index]!;
    if (of === undefined) entry.direct = true;
    else if (of !== index && !entry.uses.includes(of)) entry.uses.push(of);
  }

  #explain(index: number, binding: Binding): void {
    const entry = this.#entries[index]!;
    const { kind, init, declaration, param } = binding;
    if (binding.writes > 0) {
      entry.why = "it is assigned more than once";
      entry.changed = true;
      return;
    }
    if (kind === "loop") entry.why = "it has another value in each turn of a loop";
    else if (param) {
      entry.param = paramOf(param);
      if (param.node.type !== "Identifier") this.#include(param.node, index);
    } else if ((kind === "function" || kind === "class" || kind === "enum") && declaration) {
      this.#include(declaration, index);
    } else if ((kind === "const" || kind === "let" || kind === "var") && declaration && init) {
      this.#include(declaration, index);
    } else entry.why = "its value cannot be told from the source";
    this.#takeChanges(index, binding);
  }

  /** What else may change what a captured variable holds counts as well: the statements of its function that do. */
  #takeChanges(index: number, binding: Binding): void {
    const entry = this.#entries[index]!;
    for (const reference of usesOf(this.#module, binding)) {
      if (this.#call !== undefined && reference.within?.call === this.#call) continue;
      if (!mayChange(reference, this.#module)) continue;
      const counts = this.#inside(reference.offset);
      if (counts && reference.use === "read") continue;
      entry.changed = true;
      if (counts) continue;
      if (entry.why !== undefined) return;
      const statement = this.#statementAround(reference.offset, binding);
      const { start, end } = this.#call ?? this.#node;
      if (!statement || (statement.start <= start && end <= statement.end)) {
        entry.why = "it is changed after it is made";
        return;
      }
      this.#include(statement, index);
    }
  }

  /** The statement with this offset in the body of the function that declares a variable. */
  #statementAround(offset: number, { scope }: Binding): Node | undefined {
    const body = (scope.fn?.node as { readonly body?: Node | null } | undefined)?.body;
    const statements = body?.type === "BlockStatement" ? body.body : this.#module.parsed.program.body;
    return statements.find(({ start, end }) => start <= offset && offset < end);
  }

  #markKnown(): void {
    const own = this.#ownCode();
    for (const entry of this.#entries) {
      const { binding, why, param } = entry;
      if (binding && why === undefined && !param && this.#isKnown(binding, own)) entry.known = true;
    }
  }

  #isKnown(binding: Binding, own: readonly Node[]): boolean {
    if (isFunctionBinding(binding) || binding.kind === "class" || binding.kind === "enum") return true;
    const { init, declaration } = binding;
    if (!init || declaration?.type !== "VariableDeclarator" || declaration.id.type !== "Identifier") return false;
    // A collection that is the code's own: nobody else can put anything into it.
    return isConstant(init) || (isFresh(init) && this.#isUsedOnlyIn(binding, own));
  }

  /** The code itself with the local functions that nothing else uses. */
  #ownCode(): readonly Node[] {
    const own = [this.#node];
    let open = this.#entries.flatMap(({ binding, why }) =>
      binding && why === undefined && isFunctionBinding(binding) ? [binding] : [],
    );
    for (let before = -1; before !== open.length; ) {
      before = open.length;
      open = open.filter((binding) => {
        const { declaration } = binding;
        if (!declaration || !this.#isUsedOnlyIn(binding, [...own, declaration])) return true;
        own.push(declaration);
        return false;
      });
    }
    return own;
  }

  #isUsedOnlyIn(binding: Binding, nodes: readonly Node[]): boolean {
    return usesOf(this.#module, binding).every(({ offset }) =>
      nodes.some(({ start, end }) => start <= offset && offset < end),
    );
  }
}

function isFunctionBinding({ kind, init, declaration }: Binding): boolean {
  if (kind === "function") return true;
  const isPlain = declaration?.type === "VariableDeclarator" && declaration.id.type === "Identifier";
  return isPlain && init !== undefined && isFunction(init);
}

/** Whether code is evaluated when the class or enum that it stands in is defined, and not when that is used. */
function isOfDefinition(node: Node, { offset, scope }: Reference): boolean {
  const isWithin = ({ start, end }: Node): boolean => start <= offset && offset < end;
  if (scope.fn && isWithin(node) && node.start <= scope.fn.start) return false;
  if (node.type === "TSEnumDeclaration") return true;
  if (node.type !== "ClassDeclaration" && node.type !== "ClassExpression") return false;
  return !node.body.body.some(
    (member) =>
      (member.type === "PropertyDefinition" || member.type === "AccessorProperty") &&
      !member.static &&
      member.value !== null &&
      isWithin(member.value),
  );
}

function paramOf({ fn, index, rest, property }: NonNullable<Binding["param"]>): CapturedParam {
  return { fn: fn.start, index, rest, ...(property === undefined ? {} : { property }) };
}

const uses = new WeakMap<AnalysedModule, Map<Binding, Reference[]>>();

/** All uses of a local variable. */
function usesOf(module: AnalysedModule, binding: Binding): readonly Reference[] {
  let known = uses.get(module);
  if (!known) {
    known = Map.groupBy(
      module.scopes.references.filter((reference) => reference.binding && !reference.binding.scope.isModule),
      (reference) => reference.binding!,
    );
    uses.set(module, known);
  }
  return known.get(binding) ?? [];
}

const globals = new WeakMap<AnalysedModule, ReadonlySet<string>>();

/** The names of globals that a module uses. */
function globalsIn(module: AnalysedModule): ReadonlySet<string> {
  let known = globals.get(module);
  if (!known) {
    known = new Set(module.scopes.references.flatMap(({ name, binding }) => (binding ? [] : [name])));
    globals.set(module, known);
  }
  return known;
}

/** Whether a use of a local variable may change what it holds. */
function mayChange({ use, safe, member, depth, within, offset }: Reference, { scopes }: AnalysedModule): boolean {
  if (use === "mutate") return true;
  if (use === "method") {
    const call = scopes.calls.find(({ callee }) => callee.kind === "name" && callee.reference.offset === offset);
    const method = call?.callee.kind === "name" ? call.callee.method : member;
    // In a function that is handed on, it happens when that runs.
    return !isLookingMethod(method) && !within;
  }
  // Handed to a call as it is; to the call that declares a node, it is an input like others.
  return use === "read" && !safe && depth === 0 && within !== undefined && isDirect(within.call, offset);
}

function isDirect({ args }: Call, offset: number): boolean {
  return args.some((arg) => arg.start === offset);
}
