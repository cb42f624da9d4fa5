import { digestOf } from "../../core/digest.ts";
import type { CompilerSettings } from "../load/compiler-settings.ts";
import { languageOf } from "../load/module-path.ts";
import { changesOnlyArguments, isLookingCall, isLookingMethod } from "../program/purity.ts";
import { type AnalysedModule, inRange, summariseBare } from "./analysed-module.ts";
import { CallEffects } from "./call-effects.ts";
import { isCallingFirst, namesCalledBack, runsCode } from "./callbacks.ts";
import { implicitCodeIn } from "./implicit-code.ts";
import {
  type CallSummary,
  type CodeSummary,
  type ExportedName,
  type ImportedName,
  type ModuleSummary,
  type Ref,
  RefFlag,
  type Specifier,
  type Unit,
} from "./module-summary.ts";
import type { Call, Reference, Within } from "./scope.ts";
import { isErased, type Node, withoutTypes } from "./syntax.ts";
import { defaultName, type UnitSyntax, unitsOf } from "./unit-syntax.ts";
import { awaits, callableOf, isFresh, isGenerator, isMutable, isUsedUp } from "./unit-value.ts";

/** What of a module is remembered. */
export function summarise(module: AnalysedModule, settings: CompilerSettings): ModuleSummary {
  return new Summariser(module, settings).summary();
}

class Summariser {
  readonly #module: AnalysedModule;
  readonly #settings: CompilerSettings;
  readonly #effects: CallEffects;
  readonly #isTypeScript: boolean;

  constructor(module: AnalysedModule, settings: CompilerSettings) {
    this.#module = module;
    this.#settings = settings;
    this.#effects = new CallEffects(module.scopes.calls);
    const language = languageOf(module.file);
    this.#isTypeScript = language === "ts" || language === "tsx";
  }

  summary(): ModuleSummary {
    const { parsed, units } = this.#module;
    const body = parsed.program.body;
    const imports: Record<string, ImportedName> = Object.create(null);
    const exports: Record<string, ExportedName> = Object.create(null);
    const stars: string[] = [];
    const effectImports: string[] = [];
    const specifiers: Specifier[] = [];
    const use = (specifier: string, kind: Specifier["kind"] = "import"): void => {
      specifiers.push({ specifier, kind });
    };
    for (const node of body) {
      switch (node.type) {
        case "ImportDeclaration": {
          if (node.importKind === "type" || !this.#isKept(node)) break;
          const specifier = node.source.value;
          use(specifier);
          if (node.specifiers.every((item) => item.type === "ImportSpecifier" && item.importKind === "type"))
            effectImports.push(specifier);
          for (const item of node.specifiers) {
            if (item.type === "ImportSpecifier" && item.importKind === "type") continue;
            const name =
              item.type === "ImportSpecifier"
                ? exportName(item.imported)
                : item.type === "ImportDefaultSpecifier"
                  ? "default"
                  : "*";
            imports[item.local.name] = { specifier, name };
          }
          break;
        }
        case "TSImportEqualsDeclaration":
          if (node.importKind === "type" || node.moduleReference.type !== "TSExternalModuleReference") break;
          use(node.moduleReference.expression.value, "require");
          imports[node.id.name] = { specifier: node.moduleReference.expression.value, name: "*" };
          break;
        case "ExportAllDeclaration":
          if (node.exportKind === "type") break;
          use(node.source.value);
          if (node.exported) exports[exportName(node.exported)] = { specifier: node.source.value, name: "*" };
          else stars.push(node.source.value);
          break;
        case "ExportNamedDeclaration":
          this.#addNamedExports(node, exports, use);
          break;
        case "ExportDefaultDeclaration":
          if (!isErased(node.declaration)) exports.default = { local: defaultName };
          break;
        default:
      }
    }
    for (const { kind, specifier } of this.#module.scopes.dependencies)
      specifiers.push({ specifier, kind, ...(kind === "import" ? { lazy: true } : {}) });
    const assigns = body.some(({ type }) => type === "TSExportAssignment");
    const usesModule = this.#module.scopes.references.some(
      ({ name, binding }) => !binding && (name === "module" || name === "exports"),
    );
    return {
      hasExports: parsed.isModule && !assigns && !usesModule,
      units: units.map((unit) => this.#unit(unit)),
      imports,
      exports,
      stars,
      effectImports,
      specifiers,
    };
  }

  #addNamedExports(
    node: Extract<Node, { type: "ExportNamedDeclaration" }>,
    exports: Record<string, ExportedName>,
    use: (specifier: string) => void,
  ): void {
    if (node.declaration) {
      if (!isErased(node.declaration))
        for (const unit of unitsOf([node])) for (const local of unit.declares) exports[local] = { local };
      if (node.declaration.type === "TSImportEqualsDeclaration")
        exports[node.declaration.id.name] = { local: node.declaration.id.name };
      return;
    }
    if (node.exportKind === "type") return;
    const kept = node.specifiers.filter(({ exportKind }) => exportKind !== "type");
    if (node.source && (kept.length > 0 || !this.#elides())) use(node.source.value);
    for (const { local, exported } of kept) {
      const name = exportName(local);
      exports[exportName(exported)] = node.source ? { specifier: node.source.value, name } : { local: name };
    }
  }

  /** Whether TypeScript drops imports whose names are only types, or not used. */
  #elides(): boolean {
    const { verbatimModuleSyntax, preserveValueImports } = this.#settings.options;
    return this.#isTypeScript && !verbatimModuleSyntax && !preserveValueImports;
  }

  #isKept(node: Extract<Node, { type: "ImportDeclaration" }>): boolean {
    if (node.specifiers.length === 0 || !this.#elides()) return true;
    return node.specifiers.some(
      ({ local }) => this.#used().has(local.name) || this.#module.scopes.exported.has(local.name),
    );
  }

  #used(): ReadonlySet<string> {
    this.#usedNames ??= new Set(
      this.#module.scopes.references.flatMap(({ binding }) => (binding?.kind === "import" ? [binding.name] : [])),
    );
    return this.#usedNames;
  }
  #usedNames: ReadonlySet<string> | undefined;

  #unit(unit: UnitSyntax): Unit {
    const { scopes, lines } = this.#module;
    const { start, end, kind } = unit;
    const references = inRange(scopes.references, start, end);
    const calls = inRange(this.#callsByStart(), start, end).map(({ call }) => call);
    const code = summariseBare(this.#module, unit.nodes, [[start, end]]);
    const facts = this.#facts(references, calls);
    const opaques = scopes.opaques.filter(({ offset }) => start <= offset && offset < end);
    const fn = this.#fnOf(unit);
    const callable = callableOf(unit);
    const { implicit, methods } = implicitCodeIn(unit.nodes, { references, calls, opaques }, this.#effects);
    const opaqueEager = facts.opaqueEager || opaques.some(({ eager }) => eager);
    const features = this.#featuresOf(code.features);
    const whole = features.length === code.features.length ? this.#wholeOf(unit) : undefined;
    // Step by step: where parts of a literal are spread into it only perhaps, it takes seven times as long to make.
    const summary: { -readonly [Name in keyof Unit]: Unit[Name] } = {
      digest: code.digest,
      span: unit.text,
      refs: facts.refs,
      dependencies: code.dependencies,
      features,
      blind: code.blind,
      name: unit.name,
      kind,
      line: lines.place(unit.offset).line,
      declares: unit.declares,
      mutable: isMutable(unit, this.#isConstant(unit)),
      ordered:
        kind === "statement" ||
        opaqueEager ||
        facts.refs.some(({ flags }) => (flags & writesEagerly) === writesEagerly),
      calls: facts.calls,
      opaqueEager,
      opaque: facts.opaque || opaques.length > 0,
      runsFunctions: facts.runsFunctions || (implicit && !isOnlyDeclared(unit)),
    };
    if (callable !== undefined) summary.callable = callable;
    if (fn !== undefined) summary.fn = fn;
    if (whole) summary.whole = whole;
    if (implicit || isUsedUp(unit)) summary.implicit = true;
    if (unit.nodes.some(awaits)) summary.awaits = true;
    if (isGenerator(unit)) summary.generator = true;
    if (methods.length > 0) summary.methods = methods;
    if (isFresh(unit)) summary.fresh = true;
    return summary;
  }

  /** What decides how a class is compiled depends on settings only where something is compiled. */
  #featuresOf(features: CodeSummary["features"]): CodeSummary["features"] {
    const kept = features.filter((feature) => feature !== "fields" || this.#isTypeScript);
    return this.#isTypeScript && !this.#module.parsed.isModule ? [...kept, "strict"] : kept;
  }

  #callsByStart(): readonly { readonly offset: number; readonly call: Call }[] {
    this.#sortedCalls ??= this.#module.scopes.calls.map((call) => ({ offset: call.start, call }));
    return this.#sortedCalls;
  }
  #sortedCalls: readonly { readonly offset: number; readonly call: Call }[] | undefined;

  #isConstant({ declares }: UnitSyntax): boolean {
    const { bindings } = this.#module.scopes.scope;
    return declares.every((name) => bindings.get(name)?.writes === 0);
  }

  #fnOf({ value, declares }: UnitSyntax): number | undefined {
    const binding = this.#module.scopes.scope.bindings.get(declares[0] ?? "");
    if (binding?.fn) return binding.fn.start;
    const node = value && withoutTypes(value);
    return node && /Function/.test(node.type) ? node.start : undefined;
  }

  /** Where a declared function lies. Up to its parameters no other function begins, so whatever is there means this one. */
  #wholeOf({ value }: UnitSyntax): Unit["whole"] {
    if (value?.type !== "FunctionDeclaration" || !value.id) return undefined;
    const { source } = this.#module.parsed;
    let at = (value.typeParameters ?? value.id).end;
    while (/\s/.test(source[at]!)) at++;
    return source[at] === "(" ? [value.start, at, value.end] : undefined;
  }

  #facts(references: readonly Reference[], calls: readonly Call[]) {
    const summaries: CallSummary[] = [];
    const indexes = new Map<Call, number>();
    const withinOf = (within: Within | undefined): { readonly within?: readonly number[] } => {
      const chain: number[] = [];
      for (let at = within; at; at = at.parent) {
        const index = indexes.get(at.call);
        if (index !== undefined) chain.push(index);
      }
      return chain.length === 0 ? {} : { within: chain };
    };
    let [opaque, opaqueEager, runsFunctions] = [false, false, false];
    /** A call that changes nothing itself, and calls what it is given. */
    const callBack = (call: Call): void => {
      const { eager, within } = call;
      if (eager) runsFunctions ||= runsCode(call);
      for (const { name, isModule, depth } of namesCalledBack(call)) {
        // A parameter or a local may be any function.
        if (isModule)
          summaries.push({
            name,
            depth,
            chained: false,
            eager,
            isStatement: false,
            given: true,
            ...withinOf(within),
          });
        else [opaque, opaqueEager] = [true, opaqueEager || eager];
      }
    };
    for (const call of calls) {
      const effect = this.#effects.of(call);
      const { eager, isStatement, within } = call;
      if (effect.kind === "opaque") {
        opaque = true;
        opaqueEager ||= eager;
      } else if (effect.kind === "named") {
        const { reference, method, depth, chained } = effect;
        if (isLookingMethod(method)) callBack(call);
        indexes.set(call, summaries.length);
        summaries.push({
          name: reference.name,
          ...(method === undefined ? {} : { method }),
          depth,
          chained,
          eager,
          isStatement,
          ...(call.isUsed ? { used: true as const } : {}),
          given: false,
          ...withinOf(within),
        });
      } else if (effect.kind === "global") {
        const only = changesOnlyArguments(effect.reference.name, effect.method);
        const limits = only ? { onlyArguments: true as const } : {};
        summaries.push({ depth: 0, chained: false, eager, isStatement, given: false, ...limits, ...withinOf(within) });
      } else callBack(call);
    }
    const refs = new Map<string, Ref>();
    for (const reference of references) {
      const { binding, use, depth, eager, name, member } = reference;
      if (binding && !binding.scope.isModule) {
        if (use === "mutate" && !(depth === 1 && this.#effects.isFresh(binding)) && binding.kind !== "self") {
          opaque = true;
          opaqueEager ||= eager;
        }
        continue;
      }
      const kept = use === "call" || reference.safe || use === "write" || isCallback(reference);
      const flags =
        (binding ? 0 : RefFlag.global) |
        (use === "write" || use === "mutate" ? RefFlag.write : 0) |
        (kept ? RefFlag.kept : 0) |
        (eager ? RefFlag.eager : 0) |
        (use === "call" ? RefFlag.call : 0) |
        (use === "mutate" && depth > 1 ? RefFlag.deep : 0) |
        (isWhole(reference) ? RefFlag.whole : 0);
      const ref = { name, ...(member === undefined ? {} : { member }), flags, ...withinOf(reference.within) };
      refs.set(JSON.stringify(ref), ref);
    }
    return { refs: [...refs.values()], calls: summaries, opaque, opaqueEager, runsFunctions };
  }
}

/** What is made and used on the spot runs as the module loads; what is only declared, when somebody uses it. */
function isOnlyDeclared({ value }: UnitSyntax): boolean {
  return value !== undefined && /Object|Function|Class/.test(withoutTypes(value).type);
}

/** A class of the language that is handed over, as `Number` to `map`, is called. */
function isWhole({ use, depth, member, binding, within, name }: Reference): boolean {
  if (use !== "read" || depth !== (member === undefined ? 0 : 1)) return false;
  return binding !== undefined || member !== undefined || within === undefined || !/^[A-Z]/.test(name);
}

/** Whether a function is handed by its name to a method that calls it, and does nothing else to it: `rows.map(clean)`. */
function isCallback({ offset, within }: Reference): boolean {
  if (!within) return false;
  const { callee, args, isStatement } = within.call;
  const method = "method" in callee ? callee.method : undefined;
  if (!isLookingCall({ method, isStatement }) || !isCallingFirst(method!)) return false;
  return args[0] !== undefined && withoutTypes(args[0]).start === offset;
}

const writesEagerly = RefFlag.write | RefFlag.eager;

function exportName(node: Node): string {
  return node.type === "Literal" ? String(node.value) : (node as { readonly name: string }).name;
}

/** What is known of a module that cannot be parsed: its text, and what it may load. */
export function unparsable(source: string, problem: string, specifiers: readonly Specifier[] = []): ModuleSummary {
  const unit: Unit = {
    name: "text",
    kind: "statement",
    line: 1,
    declares: [],
    digest: digestOf(source),
    span: [0, source.length],
    refs: [],
    dependencies: specifiers,
    features: [],
    blind: [{ what: `a module that cannot be parsed (${problem})`, line: 1, column: 1 }],
    mutable: true,
    ordered: true,
    calls: [],
    opaqueEager: false,
    opaque: true,
    runsFunctions: false,
  };
  return {
    hasExports: false,
    units: [unit],
    imports: {},
    exports: {},
    stars: [],
    effectImports: [],
    specifiers,
    problem,
  };
}
