import { type AnalysedModule, inRange, summariseCode } from "./analysed-module.ts";
import type { CodeSummary } from "./module-summary.ts";
import { isLookingMethod } from "./purity.ts";
import type { Binding, Call, Reference } from "./scope.ts";

import { type Node, withoutTypes } from "./syntax.ts";

/** A call as far as versions need it: what is remembered of it. */
export interface CallSite {
  /** What the call's value is called: the variable that it initialises. */
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** Where the function starts that makes the call; absent at the top of the module. */
  readonly fn?: number;
  /** What is called: a name of the module with a property, or a function of the module by its start. */
  readonly callee: { readonly name?: string; readonly member?: string; readonly fn?: number };
  readonly args: readonly SiteArgument[];
  /** From this argument on, `...` makes it unknown which is which. */
  readonly spread?: number;
}

export interface SiteArgument extends CodeSummary {
  readonly line: number;
  /** What it takes from the functions around it. */
  readonly captured: readonly Captured[];
  /** The properties of an object literal. */
  readonly properties?: Readonly<Record<string, SiteArgument>>;
}

export type Captured =
  /** A parameter of the function that starts at `fn`: its value is an argument of that function's call. */
  | {
      readonly kind: "param";
      readonly name: string;
      readonly fn: number;
      readonly index: number;
      readonly rest: boolean;
      /** For a name in a pattern: the property of the argument that it stands for. */
      readonly property?: string;
    }
  | {
      readonly kind: "blocked";
      readonly name: string;
      readonly why: string;
      readonly line: number;
      readonly column: number;
    };

/** The call at an offset of the source, as a stack names it; undefined if there is none. */
export function callAt({ scopes, parsed }: AnalysedModule, offset: number): Call | undefined {
  const exact = scopes.calls.find(({ anchor }) => anchor === offset);
  if (exact) return exact;
  // A frame of an asynchronous function stands at its `await`.
  const awaited = /^await[\s(]+/.exec(parsed.source.slice(offset, offset + 200))?.[0].length;
  if (awaited !== undefined) return callAt({ scopes, parsed } as AnalysedModule, offset + awaited);
  let best: Call | undefined;
  for (const call of scopes.calls) {
    if (call.anchor < 0 || call.start > offset || call.calleeEnd < offset) continue;
    if (!best || call.end - call.start < best.end - best.start) best = call;
  }
  return best;
}

/** Sums up a call: its arguments with all that they capture. */
export function summariseCall(module: AnalysedModule, call: Call): CallSite {
  const { lines, units } = module;
  const unit = units.find(({ start, end }) => start <= call.start && call.start < end);
  const spread = call.args.findIndex(({ type }) => type === "SpreadElement");
  const { callee } = call;
  const fn = call.scope.fn?.start;
  const name = unit?.declares[0] ?? unit?.name ?? "call";
  return {
    name: name === "*default*" ? "default" : name,
    ...lines.place(call.start),
    ...(fn === undefined ? {} : { fn }),
    callee: calleeOf(callee),
    args: call.args.map((arg) => new Argument(module, call, arg).summary(true)),
    ...(spread < 0 ? {} : { spread }),
  };
}

function calleeOf(callee: Call["callee"]): CallSite["callee"] {
  if (callee.kind === "function") return { fn: callee.fn.start };
  if (callee.kind !== "name" || callee.depth > 1) return {};
  const { reference, method } = callee;
  const { binding } = reference;
  if (binding && !binding.scope.isModule) return binding.fn && callee.depth === 0 ? { fn: binding.fn.start } : {};
  return binding ? { name: reference.name, ...(method === undefined ? {} : { member: method }) } : {};
}

type Range = readonly [start: number, end: number];

/** An argument with the declarations of the local variables that it captures. */
class Argument {
  readonly #module: AnalysedModule;
  readonly #call: Call;
  readonly #node: Node;
  readonly #nodes: Node[];
  readonly #ranges: Range[];
  readonly #captured = new Map<string, Captured>();
  readonly #taken = new Set<Binding>();

  constructor(module: AnalysedModule, call: Call, node: Node) {
    this.#module = module;
    this.#call = call;
    this.#node = node;
    this.#nodes = [node];
    this.#ranges = [[node.start, node.end]];
  }

  summary(withProperties: boolean): SiteArgument {
    const { scopes, lines } = this.#module;
    for (let at = 0; at < this.#ranges.length; at++) {
      const [start, end] = this.#ranges[at]!;
      for (const reference of inRange(scopes.references, start, end)) this.#take(reference);
      for (const { name, offset, owner } of inRange(scopes.implicits, start, end)) {
        if (owner && owner.start < start) this.#block(name, offset, "it belongs to the function around it");
      }
    }
    // In the order of the source, so that finding them in another order does not count.
    const nodes = [this.#node, ...this.#nodes.slice(1).sort((a, b) => a.start - b.start)];
    const properties = withProperties ? this.#properties() : undefined;
    return {
      ...summariseCode(this.#module, nodes, this.#ranges),
      line: lines.place(this.#node.start).line,
      captured: [...this.#captured.values()],
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
      properties[name] = new Argument(this.#module, this.#call, property.value).summary(false);
    }
    return properties;
  }

  #inside(offset: number): boolean {
    return this.#ranges.some(([start, end]) => start <= offset && offset < end);
  }

  #include(node: Node): void {
    if (this.#ranges.some(([start, end]) => start <= node.start && node.end <= end)) return;
    this.#nodes.push(node);
    this.#ranges.push([node.start, node.end]);
  }

  #block(name: string, offset: number, why: string): void {
    this.#captured.set(name, { kind: "blocked", name, why, ...this.#module.lines.place(offset) });
  }

  #take({ binding, offset }: Reference): void {
    if (!binding || binding.scope.isModule || this.#taken.has(binding) || this.#inside(binding.offset)) return;
    this.#taken.add(binding);
    const { kind, name, init, declaration, param } = binding;
    if (kind === "loop") return this.#block(name, offset, "it has another value in each turn of a loop");
    if (binding.writes > 0) return this.#block(name, offset, "it is assigned more than once");
    if (param) this.#takeParam(name, param);
    else if ((kind === "function" || kind === "class" || kind === "enum") && declaration) this.#include(declaration);
    else if ((kind === "const" || kind === "let" || kind === "var") && declaration && init) this.#include(declaration);
    else return this.#block(name, offset, "its value cannot be told from the source");
    this.#takeChanges(binding, offset);
  }

  #takeParam(name: string, { fn, index, rest, node, property }: NonNullable<Binding["param"]>): void {
    const only = property === undefined ? {} : { property };
    this.#captured.set(name, { kind: "param", name, fn: fn.start, index, rest, ...only });
    if (node.type !== "Identifier") this.#include(node);
  }

  /** What else may change what a captured variable holds counts as well: the statements of its function that do. */
  #takeChanges(binding: Binding, offset: number): void {
    for (const reference of usesOf(this.#module, binding)) {
      if (this.#inside(reference.offset) || reference.within?.call === this.#call) continue;
      if (!mayChange(reference, this.#module)) continue;
      const statement = this.#statementAround(reference.offset, binding);
      if (!statement || (statement.start <= this.#call.start && this.#call.end <= statement.end)) {
        return this.#block(binding.name, offset, "it is changed after it is made");
      }
      this.#include(statement);
    }
  }

  /** The statement with this offset in the body of the function that declares a variable. */
  #statementAround(offset: number, { scope }: Binding): Node | undefined {
    const body = (scope.fn?.node as { readonly body?: Node | null } | undefined)?.body;
    const statements = body?.type === "BlockStatement" ? body.body : this.#module.parsed.program.body;
    return statements.find(({ start, end }) => start <= offset && offset < end);
  }
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
