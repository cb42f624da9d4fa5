import type { CompileOptions } from "./compiler-settings.ts";
import {
  type Binding,
  type BindingKind,
  type Blind,
  type Call,
  type Callee,
  type DependencySyntax,
  type Feature,
  type FunctionSyntax,
  type Implicit,
  type Opaque,
  type ParamPlace,
  type Reference,
  type ReferenceUse,
  Scope,
  type Within,
} from "./scope.ts";
import { counts, isErased, isNode, literalText, type Node, type ParsedModule, withoutTypes } from "./syntax.ts";

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

type NodeOf<Type extends Node["type"]> = Extract<Node, { type: Type }>;
type FunctionNode = import("oxc-parser").Function | NodeOf<"ArrowFunctionExpression">;
type ClassNode = import("oxc-parser").Class;
type CallNode = NodeOf<"CallExpression" | "NewExpression" | "TaggedTemplateExpression">;

/** Finds what every name of a module refers to, and every call. `options` say what JSX compiles to. */
export function walkScopes(parsed: ParsedModule, options: CompileOptions): ModuleScopes {
  const walker = new ScopeWalker(jsxOf(parsed, options));
  walker.visitAll(parsed.program.body);
  return walker.finish();
}

/** What an element of JSX compiles to: a call of a name in scope, or of an import that nobody wrote. */
interface JsxTarget {
  readonly factory?: string;
  readonly fragment?: string;
  readonly runtime?: string;
}

function jsxOf({ comments }: ParsedModule, options: CompileOptions): JsxTarget {
  const pragma = (name: string): string | undefined => {
    for (const { value } of comments) {
      const found = new RegExp(`@${name}\\s+([^\\s*]+)`).exec(value)?.[1];
      if (found) return found;
    }
    return undefined;
  };
  const source = pragma("jsxImportSource") ?? options.jsxImportSource ?? "react";
  const runtime = pragma("jsxRuntime");
  const automatic = runtime
    ? runtime === "automatic"
    : options.jsx === "automatic" || pragma("jsxImportSource") !== undefined;
  if (automatic) return { runtime: `${source}/${options.jsxDev ? "jsx-dev-runtime" : "jsx-runtime"}` };
  const root = (name: string): string => name.split(".")[0]!;
  return {
    factory: root(pragma("jsx") ?? options.jsxFactory ?? "React"),
    fragment: root(pragma("jsxFrag") ?? options.jsxFragmentFactory ?? "React"),
  };
}

class ScopeWalker {
  readonly #jsx: JsxTarget;
  readonly #module = new Scope(undefined, undefined, true);
  readonly #references: Reference[] = [];
  readonly #calls: Call[] = [];
  readonly #opaques: Opaque[] = [];
  readonly #implicits: Implicit[] = [];
  readonly #dependencies: DependencySyntax[] = [];
  readonly #features: { feature: Feature; offset: number }[] = [];
  readonly #blind: Blind[] = [];
  readonly #exported = new Set<string>();
  #scope = this.#module;
  #fn: FunctionSyntax | undefined;
  #eager = true;
  #within: Within | undefined;
  /** The function or class that gives `this`; `inClass` where that is an instance in the making, or the class itself. */
  #thisOwner: { readonly start: number; readonly end: number; readonly inClass: boolean } | undefined;
  /** The exports that are taken from the `import()` or `require()` visited next. */
  #names: readonly string[] | undefined;
  #statementCall: Node | undefined;

  constructor(jsx: JsxTarget) {
    this.#jsx = jsx;
  }

  finish(): ModuleScopes {
    for (const reference of this.#references) {
      const { name, scope, use } = reference;
      reference.binding = scope.lookUp(name);
      if (use === "write" && reference.binding) reference.binding.writes++;
    }
    this.#references.sort((a, b) => a.offset - b.offset);
    this.#calls.sort((a, b) => a.start - b.start);
    return {
      scope: this.#module,
      references: this.#references,
      calls: this.#calls,
      opaques: this.#opaques,
      implicits: this.#implicits,
      dependencies: this.#dependencies,
      features: this.#features,
      blind: this.#blind,
      exported: this.#exported,
    };
  }

  visitAll(nodes: readonly (Node | null)[]): void {
    for (const node of nodes) if (node && !isErased(node)) this.visit(node);
  }

  visit(given: Node | null | undefined): void {
    if (!given) return;
    const node = withoutTypes(given);
    switch (node.type) {
      case "Identifier":
        if (node.name === "arguments" && this.#thisOwner) this.#implicit("arguments", node.start);
        else this.#refer(node.name, node.start);
        return;
      case "ThisExpression":
        return this.#implicit("this", node.start);
      case "Super":
        return this.#implicit("this", node.start);
      case "MetaProperty":
        if (node.meta.name === "new") this.#implicit("new.target", node.start);
        return;
      case "ImportDeclaration":
        return this.#visitImport(node);
      case "ExportNamedDeclaration":
        return this.#visitNamedExport(node);
      case "ExportAllDeclaration":
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "TSImportEqualsDeclaration":
        return this.#visitImportEquals(node);
      case "LabeledStatement":
        return this.visit(node.body);
      case "ExpressionStatement": {
        const expression = withoutTypes(node.expression);
        const awaited = expression.type === "AwaitExpression" ? withoutTypes(expression.argument) : expression;
        this.#statementCall = awaited.type === "ChainExpression" ? awaited.expression : awaited;
        return this.visit(node.expression);
      }
      case "VariableDeclaration":
        return this.#visitVariables(node, node.kind === "var" ? "var" : node.kind === "let" ? "let" : "const");
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node, false);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        return this.#visitClass(node);
      case "TSEnumDeclaration":
        return this.#visitEnum(node);
      case "TSModuleDeclaration":
        return this.#visitNamespace(node);
      case "BlockStatement":
        return this.#in(new Scope(this.#scope, this.#fn, false), () => this.visitAll(node.body));
      case "SwitchStatement":
        this.visit(node.discriminant);
        return this.#in(new Scope(this.#scope, this.#fn, false), () => this.visitAll(node.cases));
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        return this.#visitLoop(node);
      case "CatchClause":
        return this.#in(new Scope(this.#scope, this.#fn, false), () => {
          if (node.param)
            this.#declarePattern(node.param, (name, offset) =>
              this.#declare(this.#scope, { name, kind: "catch", offset }),
            );
          this.visit(node.body);
        });
      case "AssignmentExpression":
        this.#visitTarget(node.left, node.operator !== "=");
        return this.visit(node.right);
      case "UpdateExpression":
        return this.#visitTarget(node.argument, true);
      case "UnaryExpression":
        if (node.operator === "delete") return this.#visitTarget(node.argument, false);
        return this.#visitOperand(node.argument);
      case "BinaryExpression":
        if (node.left.type !== "PrivateIdentifier") this.#visitOperand(node.left);
        return this.#visitOperand(node.right);
      case "TemplateLiteral":
        for (const expression of node.expressions) this.#visitOperand(expression);
        return;
      case "MemberExpression":
        this.#visitMember(node, "read");
        return;
      case "CallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        this.#visitCall(node);
        return;
      case "ImportExpression":
        return this.#visitImportExpression(node);
      case "Property":
        if (node.computed) this.visit(node.key);
        return this.visit(node.value);
      case "JSXElement":
      case "JSXFragment":
        return this.#visitJsx(node);
      case "Decorator":
        return this.#visitDecorator(node);
      default:
        this.#visitChildren(node);
    }
  }

  #visitChildren(node: Node): void {
    for (const [name, value] of Object.entries(node)) {
      if (!counts(name)) continue;
      if (Array.isArray(value)) this.visitAll(value);
      else if (isNode(value)) this.visit(value);
    }
  }

  #in(scope: Scope, work: () => void): void {
    const before = this.#scope;
    this.#scope = scope;
    work();
    this.#scope = before;
  }

  #declare(scope: Scope, binding: Omit<Binding, "scope" | "writes">): void {
    const earlier = scope.bindings.get(binding.name);
    // `var` twice, a function again, merged enums and namespaces: one name, written more than once.
    if (earlier) earlier.writes++;
    else scope.bindings.set(binding.name, { ...binding, scope, writes: 0 });
  }

  #refer(
    name: string,
    offset: number,
    more: Partial<Pick<Reference, "use" | "member" | "depth" | "safe" | "within">> = {},
  ): Reference {
    const reference: Reference = {
      name,
      offset,
      scope: this.#scope,
      use: more.use ?? "read",
      member: more.member,
      depth: more.depth ?? 0,
      safe: more.safe ?? false,
      eager: this.#eager,
      within: more.within ?? this.#within,
      binding: undefined,
    };
    this.#references.push(reference);
    return reference;
  }

  #implicit(name: string, offset: number): void {
    this.#implicits.push({ name, offset, owner: this.#thisOwner });
  }

  #opaque(offset: number): void {
    this.#opaques.push({ offset, eager: this.#eager, within: this.#within });
  }

  #visitImport(node: NodeOf<"ImportDeclaration">): void {
    for (const specifier of node.specifiers) {
      if (specifier.type === "ImportSpecifier" && specifier.importKind === "type") continue;
      this.#declare(this.#module, { name: specifier.local.name, kind: "import", offset: specifier.local.start });
    }
  }

  #visitNamedExport(node: NodeOf<"ExportNamedDeclaration">): void {
    if (node.exportKind === "type" && !node.declaration) return;
    if (node.declaration) {
      if (!isErased(node.declaration)) this.visit(node.declaration);
      return;
    }
    if (node.source) return;
    for (const { local, exportKind } of node.specifiers) {
      if (exportKind !== "type" && local.type === "Identifier") this.#exported.add(local.name);
    }
  }

  #visitImportEquals(node: NodeOf<"TSImportEqualsDeclaration">): void {
    const { id, moduleReference } = node;
    if (moduleReference.type === "TSExternalModuleReference") {
      this.#declare(this.#module, { name: id.name, kind: "import", offset: id.start });
      return;
    }
    this.#declare(this.#scope, {
      name: id.name,
      kind: "const",
      offset: id.start,
      init: moduleReference,
      declaration: node,
    });
    let root: Node = moduleReference;
    let member: string | undefined;
    while (root.type === "TSQualifiedName") {
      member = root.right.name;
      root = root.left;
    }
    if (root.type === "Identifier") this.#refer(root.name, root.start, { member });
  }

  #visitVariables(node: NodeOf<"VariableDeclaration">, kind: BindingKind): void {
    const target = node.kind === "var" ? this.#varScope() : this.#scope;
    for (const declarator of node.declarations) {
      const { id, init } = declarator;
      const fn = init && id.type === "Identifier" ? functionIn(init) : undefined;
      const declared: string[] = [];
      this.#declarePattern(id, (name, offset) => {
        declared.push(name);
        this.#declare(target, { name, kind, offset, init: init ?? undefined, declaration: declarator });
      });
      this.#names = init && isLoading(init) ? namesOf(id) : undefined;
      const made = fn ? this.#visitFunction(fn, false) : this.visit(init);
      this.#names = undefined;
      const binding = made && target.bindings.get(declared[0]!);
      if (binding) target.bindings.set(binding.name, { ...binding, fn: made });
    }
  }

  #varScope(): Scope {
    let scope = this.#scope;
    while (!scope.isVarScope) scope = scope.parent!;
    return scope;
  }

  /** Declares every name of a pattern; visits defaults and computed keys. */
  #declarePattern(pattern: Node, declare: (name: string, offset: number) => void): void {
    switch (pattern.type) {
      case "Identifier":
        this.visitAll(pattern.decorators ?? []);
        return declare(pattern.name, pattern.start);
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") this.#declarePattern(property.argument, declare);
          else {
            if (property.computed) this.visit(property.key);
            this.#declarePattern(property.value, declare);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) if (element) this.#declarePattern(element, declare);
        return;
      case "AssignmentPattern":
        this.#declarePattern(pattern.left, declare);
        return this.visit(pattern.right);
      case "RestElement":
        return this.#declarePattern(pattern.argument, declare);
      case "TSParameterProperty":
        this.#features.push({ feature: "fields", offset: pattern.start });
        this.visitAll(pattern.decorators);
        return this.#declarePattern(pattern.parameter, declare);
      default:
        return this.visit(pattern);
    }
  }

  /** `onTheSpot` for a function that is called where it is written: then its body runs when its surroundings do. */
  #visitFunction(node: FunctionNode, onTheSpot: boolean, inClass = false): FunctionSyntax {
    const fn: FunctionSyntax = { start: node.start, end: node.end, node, parent: this.#fn };
    if (node.type === "FunctionDeclaration" && node.id) {
      this.#declare(this.#scope, {
        name: node.id.name,
        kind: "function",
        offset: node.id.start,
        declaration: node,
        fn,
      });
    }
    const before = [this.#scope, this.#fn, this.#eager, this.#thisOwner] as const;
    if (node.type === "FunctionExpression" && node.id) {
      this.#scope = new Scope(this.#scope, this.#fn, false);
      this.#declare(this.#scope, { name: node.id.name, kind: "self", offset: node.id.start, fn });
    }
    this.#fn = fn;
    this.#eager &&= onTheSpot;
    if (node.type !== "ArrowFunctionExpression") this.#thisOwner = { start: node.start, end: node.end, inClass };
    this.#scope = new Scope(this.#scope, fn, true);
    node.params.forEach((param, index) => {
      if (isErased(param)) return;
      const place: ParamPlace = { fn, index, rest: param.type === "RestElement", node: param };
      if (param.type !== "TSParameterProperty" && param.type !== "Identifier") this.visitAll(param.decorators ?? []);
      this.#declarePattern(param, (name, offset) =>
        this.#declare(this.#scope, { name, kind: "param", offset, param: place }),
      );
    });
    if (node.body?.type === "BlockStatement") {
      // A scope of its own: a default of a parameter does not see what the body declares.
      const { body } = node.body;
      this.#in(new Scope(this.#scope, fn, true), () => this.visitAll(body));
    } else this.visit(node.body);
    [this.#scope, this.#fn, this.#eager, this.#thisOwner] = before;
    return fn;
  }

  #visitClass(node: ClassNode): void {
    for (const decorator of node.decorators) this.visit(decorator);
    if (node.type === "ClassDeclaration" && node.id) {
      this.#declare(this.#scope, { name: node.id.name, kind: "class", offset: node.id.start, declaration: node });
    }
    const inner = new Scope(this.#scope, this.#fn, false);
    if (node.id) this.#declare(inner, { name: node.id.name, kind: "self", offset: node.id.start });
    this.#in(inner, () => {
      if (node.superClass) this.#visitSuperClass(node.superClass, node);
      for (const member of node.body.body) if (!isErased(member)) this.#visitClassMember(member, node);
    });
  }

  /** Making an instance runs the constructor of the superclass: a call, but not of the place where it is named. */
  #visitSuperClass(superClass: Node, node: ClassNode): void {
    const inner = withoutTypes(superClass);
    if (inner.type !== "Identifier") return this.visit(inner);
    const reference = this.#refer(inner.name, inner.start, { use: "call" });
    this.#calls.push({
      node,
      start: inner.start,
      end: inner.end,
      anchor: -1,
      calleeEnd: inner.end,
      callee: { kind: "name", reference, method: undefined, depth: 0 },
      isNew: true,
      args: [],
      eager: false,
      within: this.#within,
      isStatement: false,
      scope: this.#scope,
    });
  }

  #visitClassMember(member: ClassNode["body"]["body"][number], owner: ClassNode): void {
    if (member.type === "TSIndexSignature") return;
    const before = [this.#thisOwner, this.#eager] as const;
    const self = { start: owner.start, end: owner.end, inClass: true };
    if (member.type === "StaticBlock") {
      this.#thisOwner = self;
      this.#in(new Scope(this.#scope, this.#fn, true), () => this.visitAll(member.body));
    } else {
      for (const decorator of member.decorators) this.visit(decorator);
      if (member.computed) this.visit(member.key);
      if (member.type === "MethodDefinition" || member.type === "TSAbstractMethodDefinition") {
        if (member.value.type === "FunctionExpression") this.#visitFunction(member.value, false, true);
      } else {
        this.#features.push({ feature: "fields", offset: member.start });
        this.#thisOwner = self;
        this.#eager &&= member.static;
        this.visit(member.value);
      }
    }
    [this.#thisOwner, this.#eager] = before;
  }

  #visitDecorator(node: NodeOf<"Decorator">): void {
    this.#features.push({ feature: "decorators", offset: node.start });
    // A decorator is called with what it stands before, and may do anything with it.
    this.visit(node.expression);
    this.#opaque(node.start);
  }

  #visitEnum(node: NodeOf<"TSEnumDeclaration">): void {
    this.#declare(this.#scope, { name: node.id.name, kind: "enum", offset: node.id.start, declaration: node });
    this.#in(new Scope(this.#scope, this.#fn, false), () => {
      for (const { id } of node.body.members) {
        const name = id.type === "Identifier" ? id.name : literalText(id);
        if (name !== undefined) this.#declare(this.#scope, { name, kind: "member", offset: id.start });
      }
      for (const { initializer } of node.body.members) this.visit(initializer);
    });
  }

  #visitNamespace(node: NodeOf<"TSModuleDeclaration">): void {
    let id: Node = node.id;
    while (id.type === "TSQualifiedName") id = id.left;
    if (id.type === "Identifier") {
      this.#declare(this.#scope, { name: id.name, kind: "namespace", offset: id.start, declaration: node });
    }
    const { body } = node;
    if (body) this.#in(new Scope(this.#scope, this.#fn, true), () => this.visitAll(body.body));
  }

  #visitLoop(node: NodeOf<"ForStatement" | "ForInStatement" | "ForOfStatement">): void {
    this.#in(new Scope(this.#scope, this.#fn, false), () => {
      const first = node.type === "ForStatement" ? node.init : node.left;
      if (first?.type === "VariableDeclaration") this.#visitVariables(first, first.kind === "var" ? "var" : "loop");
      else if (first && node.type !== "ForStatement") this.#visitTarget(first, false);
      else this.visit(first);
      if (node.type === "ForStatement") {
        this.visit(node.test);
        this.visit(node.update);
      } else this.visit(node.right);
      this.visit(node.body);
    });
  }

  /** What is assigned: a name, or what a name holds. `reads` where the old value counts. */
  #visitTarget(given: Node, reads: boolean): void {
    const node = withoutTypes(given);
    switch (node.type) {
      case "Identifier":
        if (reads) this.#refer(node.name, node.start, { safe: true });
        this.#refer(node.name, node.start, { use: "write" });
        return;
      case "MemberExpression":
        this.#visitMember(node, "mutate");
        return;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") this.#visitTarget(property.argument, false);
          else {
            if (property.computed) this.visit(property.key);
            this.#visitTarget(property.value, false);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of node.elements) if (element) this.#visitTarget(element, false);
        return;
      case "AssignmentPattern":
        this.#visitTarget(node.left, false);
        return this.visit(node.right);
      case "RestElement":
        return this.#visitTarget(node.argument, false);
      default:
        this.visit(node);
    }
  }

  /** An operand: its value is used up on the spot. */
  #visitOperand(given: Node): void {
    const node = withoutTypes(given);
    if (node.type === "Identifier" && node.name !== "arguments") this.#refer(node.name, node.start, { safe: true });
    else this.visit(node);
  }

  /**
   * Visits `a.b.c`, of which `a` is the root. Gives the reference to the root, or what the root is where it is no name.
   * Names of exports that are read of an `import()` or `require()` are noted with it.
   */
  #visitMember(node: NodeOf<"MemberExpression">, use: "read" | "mutate" | "method"): Reference | Node {
    let depth = 0;
    let object: Node = node;
    let member: string | undefined;
    while (object.type === "MemberExpression") {
      depth++;
      member = memberName(object);
      if (object.computed) this.visit(object.property);
      object = withoutTypes(object.object);
      if (object.type === "ChainExpression") object = object.expression;
    }
    if (object.type === "Identifier" && object.name !== "arguments") {
      const safe = use === "read" && member === "length";
      return this.#refer(object.name, object.start, { use, member, depth, safe });
    }
    if (member !== undefined && isLoading(object)) this.#names = [member];
    this.visit(object);
    this.#names = undefined;
    const fresh = object.type === "ThisExpression" && this.#thisOwner?.inClass && depth === 1;
    if (use === "mutate" && !fresh) this.#opaque(node.start);
    return object;
  }

  #visitCall(node: CallNode): Call {
    const names = this.#names;
    this.#names = undefined;
    const isStatement = this.#statementCall === node;
    const args = node.type === "TaggedTemplateExpression" ? node.quasi.expressions : node.arguments;
    const tag = node.type === "TaggedTemplateExpression" ? node.tag : node.callee;
    const call: Call = {
      node,
      start: node.start,
      end: node.end,
      anchor: anchorOf(node, tag),
      calleeEnd: tag.end,
      callee: { kind: "unknown", method: undefined },
      isNew: node.type === "NewExpression",
      args,
      eager: this.#eager,
      within: this.#within,
      isStatement,
      scope: this.#scope,
    };
    this.#calls.push(call);
    call.callee = this.#visitCallee(tag);
    this.#noteSpecial(call, names);
    for (const arg of args) this.#visitArgument(arg, call);
    return call;
  }

  #visitCallee(given: Node): Callee {
    let node = withoutTypes(given);
    if (node.type === "ChainExpression") node = withoutTypes(node.expression);
    if (node.type === "SequenceExpression") {
      // `(0, lib.f)()`: how compilers call a method without its object.
      for (const expression of node.expressions.slice(0, -1)) this.visit(expression);
      return this.#visitCallee(node.expressions.at(-1)!);
    }
    switch (node.type) {
      case "Identifier": {
        const reference = this.#refer(node.name, node.start, { use: "call" });
        return { kind: "name", reference, method: undefined, depth: 0 };
      }
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return { kind: "function", fn: this.#visitFunction(node, true) };
      case "Super":
        return { kind: "this" };
      case "MemberExpression": {
        const method = memberName(node);
        return this.#calleeOfMethod(node, method);
      }
      default:
        this.visit(node);
        return { kind: "unknown", method: undefined };
    }
  }

  #calleeOfMethod(node: NodeOf<"MemberExpression">, method: string | undefined): Callee {
    const first = this.#calls.length;
    const root = this.#visitMember(node, "method");
    if (!("type" in root)) return { kind: "name", reference: root, method, depth: root.depth };
    switch (root.type) {
      case "ThisExpression":
      case "Super":
        return this.#thisOwner?.inClass ? { kind: "this" } : { kind: "unknown", method };
      case "Literal":
      case "TemplateLiteral":
      case "ArrayExpression":
      case "ObjectExpression":
      case "MetaProperty":
        return { kind: "value" };
      default: {
        const inner = root.type === "AwaitExpression" ? withoutTypes(root.argument) : root;
        const of = this.#calls.slice(first).find((call) => call.node === inner);
        return of ? { kind: "chain", of, method } : { kind: "unknown", method };
      }
    }
  }

  /** An argument, or a part of a literal that is one: what is in it is only seen, or called, by the function called. */
  #visitArgument(given: Node, call: Call): void {
    const node = withoutTypes(given);
    const within = { call, parent: this.#within };
    switch (node.type) {
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const before = this.#within;
        this.#within = within;
        this.#visitFunction(node, false);
        this.#within = before;
        return;
      }
      case "Identifier":
        if (node.name !== "arguments") this.#refer(node.name, node.start, { within });
        else this.visit(node);
        return;
      case "ObjectExpression":
        for (const property of node.properties) {
          if (property.type === "SpreadElement") this.#visitArgument(property.argument, call);
          else {
            if (property.computed) this.visit(property.key);
            this.#visitArgument(property.value, call);
          }
        }
        return;
      case "ArrayExpression":
        for (const element of node.elements) if (element) this.#visitArgument(element, call);
        return;
      case "SpreadElement":
        return this.#visitArgument(node.argument, call);
      default:
        this.visit(node);
    }
  }

  #visitImportExpression(node: NodeOf<"ImportExpression">): void {
    const names = this.#names;
    this.#names = undefined;
    const specifier = literalText(node.source);
    if (specifier !== undefined) this.#depend("import", specifier, node.start, names);
    else {
      this.#blind.push({ what: "import() of a computed name", offset: node.start });
      this.visit(node.source);
    }
    this.visit(node.options);
  }

  #depend(kind: DependencySyntax["kind"], specifier: string, offset: number, names?: readonly string[]): void {
    this.#dependencies.push({ kind, specifier, offset, names });
  }

  /** Calls that load code or name files: `require`, `new URL(..., import.meta.url)`, `eval`. */
  #noteSpecial(call: Call, names: readonly string[] | undefined): void {
    const { callee, node, args } = call;
    const [first, second] = args;
    const text = literalText(first);
    if (callee.kind === "value") {
      const resolves = text !== undefined && node.type === "CallExpression" && isMetaResolve(node.callee);
      if (resolves) this.#depend("import", text, node.start);
      return;
    }
    if (callee.kind !== "name") return;
    const { name } = callee.reference;
    const declared = this.#scope.lookUp(name);
    if (callee.method === undefined && (name === "require" || isRequireMaker(declared?.init))) {
      if (text !== undefined) this.#depend("require", text, node.start, names);
      else this.#blind.push({ what: "require() of a computed name", offset: node.start });
    } else if (name === "require" && callee.method === "resolve" && text !== undefined) {
      this.#depend("require", text, node.start);
    } else if (name === "URL" && call.isNew && second && isMetaUrl(second)) {
      if (text !== undefined) this.#depend("asset", text, node.start);
      else this.#blind.push({ what: "new URL() of a computed name", offset: node.start });
    } else if (!declared && callee.method === undefined && (name === "eval" || name === "Function")) {
      this.#blind.push({ what: name === "eval" ? "eval()" : "new Function()", offset: node.start });
    } else if (name === "process" && callee.method === "dlopen") {
      this.#blind.push({ what: "a native addon", offset: node.start });
    }
  }

  #visitJsx(node: NodeOf<"JSXElement" | "JSXFragment">): void {
    const { factory, fragment, runtime } = this.#jsx;
    this.#features.push({ feature: "jsx", offset: node.start });
    this.#opaque(node.start);
    if (runtime !== undefined) this.#depend("import", runtime, node.start);
    if (factory !== undefined) this.#refer(factory, node.start, { use: "call" });
    if (node.type === "JSXElement") {
      this.#visitJsxName(node.openingElement.name);
      for (const attribute of node.openingElement.attributes) {
        if (attribute.type === "JSXSpreadAttribute") this.visit(attribute.argument);
        else if (attribute.value) this.visit(attribute.value);
      }
    } else if (fragment !== undefined) this.#refer(fragment, node.start);
    this.visitAll(node.children);
  }

  #visitJsxName(name: Node): void {
    let root = name;
    let member: string | undefined;
    while (root.type === "JSXMemberExpression") {
      member = root.property.name;
      root = root.object;
    }
    if (root.type !== "JSXIdentifier") return;
    if (root.name === "this") return this.#implicit("this", root.start);
    // A lower-case name without a dot is an element of the page, not a name of the module.
    if (member !== undefined || !/^[a-z]/.test(root.name) || root.name.includes(".")) {
      this.#refer(root.name, root.start, { member });
    }
  }
}

function functionIn(init: Node): FunctionNode | undefined {
  const node = withoutTypes(init);
  return node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression" ? node : undefined;
}

/** The property that `a.b` or `a["b"]` names. */
function memberName(node: NodeOf<"MemberExpression">): string | undefined {
  if (node.computed) return literalText(node.property);
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

/** The properties that a pattern takes; undefined where that may be all. */
function namesOf(pattern: Node): readonly string[] | undefined {
  if (pattern.type !== "ObjectPattern") return undefined;
  const names: string[] = [];
  for (const property of pattern.properties) {
    if (property.type === "RestElement" || property.computed) return undefined;
    const { key } = property;
    const name = key.type === "Identifier" ? key.name : literalText(key);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return names;
}

/** Whether an expression gives the exports of a module: `await import(...)`, or a call that may be `require(...)`. */
function isLoading(given: Node): boolean {
  const node = withoutTypes(given);
  return node.type === "AwaitExpression"
    ? withoutTypes(node.argument).type === "ImportExpression"
    : node.type === "CallExpression";
}

function anchorOf(node: CallNode, callee: Node): number {
  if (node.type === "NewExpression") return node.start;
  let inner = withoutTypes(callee);
  if (inner.type === "ChainExpression") inner = withoutTypes(inner.expression);
  if (inner.type === "Identifier") return inner.start;
  if (inner.type === "MemberExpression" && !inner.computed) return inner.property.start;
  return callee.end;
}

function isMetaUrl(given: Node): boolean {
  const node = withoutTypes(given);
  if (node.type !== "MemberExpression" || node.object.type !== "MetaProperty") return false;
  return node.property.type === "Identifier" && node.property.name === "url";
}

function isMetaResolve(callee: Node): boolean {
  const node = withoutTypes(callee);
  return node.type === "MemberExpression" && node.object.type === "MetaProperty" && memberName(node) === "resolve";
}

/** `createRequire(...)`: what it gives loads modules. */
function isRequireMaker(init: Node | undefined): boolean {
  if (init?.type !== "CallExpression") return false;
  const callee = withoutTypes(init.callee);
  const name =
    callee.type === "MemberExpression" ? memberName(callee) : callee.type === "Identifier" ? callee.name : "";
  return name === "createRequire";
}
