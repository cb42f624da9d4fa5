import type { BindingKind, FunctionSyntax, ParamPlace } from "./scope.ts";
import { Scope } from "./scope.ts";
import { ScopeRecorder } from "./scope-recorder.ts";
import { isErased, literalText, type Node, type NodeOf, withoutTypes } from "./syntax.ts";

export type FunctionNode = import("oxc-parser").Function | NodeOf<"ArrowFunctionExpression">;
export type ClassNode = import("oxc-parser").Class;

/** Walks what declares names: imports, variables, functions, classes, enums, namespaces, loops. */
export abstract class DeclarationWalker extends ScopeRecorder {
  protected visitImport(node: NodeOf<"ImportDeclaration">): void {
    for (const specifier of node.specifiers) {
      if (specifier.type === "ImportSpecifier" && specifier.importKind === "type") continue;
      this.addBinding(this.module, { name: specifier.local.name, kind: "import", offset: specifier.local.start });
    }
  }

  protected visitNamedExport(node: NodeOf<"ExportNamedDeclaration">): void {
    if (node.exportKind === "type" && !node.declaration) return;
    if (node.declaration) {
      if (!isErased(node.declaration)) this.visit(node.declaration);
      return;
    }
    if (node.source) return;
    for (const { local, exportKind } of node.specifiers) {
      if (exportKind !== "type" && local.type === "Identifier") this.exported.add(local.name);
    }
  }

  protected visitImportEquals(node: NodeOf<"TSImportEqualsDeclaration">): void {
    const { id, moduleReference } = node;
    if (moduleReference.type === "TSExternalModuleReference") {
      this.addBinding(this.module, { name: id.name, kind: "import", offset: id.start });
      return;
    }
    this.addBinding(this.scope, {
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
    if (root.type === "Identifier") this.refer(root.name, root.start, { member });
  }

  protected visitVariables(node: NodeOf<"VariableDeclaration">, kind: BindingKind): void {
    const target = node.kind === "var" ? this.varScope() : this.scope;
    for (const declarator of node.declarations) {
      const { id, init } = declarator;
      const fn = init && id.type === "Identifier" ? functionIn(init) : undefined;
      const declared: string[] = [];
      this.bindPattern(id, (name, offset) => {
        declared.push(name);
        this.addBinding(target, { name, kind, offset, init: init ?? undefined, declaration: declarator });
      });
      this.names = init && isLoading(init) ? namesOf(id) : undefined;
      if (target.isModule && init) this.declaring = awaited(init);
      const made = fn ? this.visitFunction(fn, false) : this.visit(init);
      this.names = undefined;
      const binding = made && target.bindings.get(declared[0]!);
      if (binding) target.bind({ ...binding, fn: made });
    }
  }

  /** Declares every name of a pattern; visits defaults and computed keys. */
  protected bindPattern(pattern: Node, declare: (name: string, offset: number) => void): void {
    switch (pattern.type) {
      case "Identifier":
        this.visitAll(pattern.decorators ?? []);
        declare(pattern.name, pattern.start);
        return;
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") this.bindPattern(property.argument, declare);
          else {
            if (property.computed) this.visit(property.key);
            this.bindPattern(property.value, declare);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) if (element) this.bindPattern(element, declare);
        return;
      case "AssignmentPattern":
        this.bindPattern(pattern.left, declare);
        this.visit(pattern.right);
        return;
      case "RestElement":
        this.bindPattern(pattern.argument, declare);
        return;
      case "TSParameterProperty":
        this.features.push({ feature: "fields", offset: pattern.start });
        this.visitAll(pattern.decorators);
        this.bindPattern(pattern.parameter, declare);
        return;
      default:
        this.visit(pattern);
        return;
    }
  }

  /** `onTheSpot` for a function that is called where it is written: then its body runs when its surroundings do. */
  protected visitFunction(node: FunctionNode, onTheSpot: boolean, inClass = false): FunctionSyntax {
    const fn: FunctionSyntax = { start: node.start, end: node.end, node, parent: this.fn };
    if (node.type === "FunctionDeclaration" && node.id) {
      this.addBinding(this.scope, {
        name: node.id.name,
        kind: "function",
        offset: node.id.start,
        declaration: node,
        fn,
      });
    }
    const before = [this.scope, this.fn, this.eager, this.thisOwner] as const;
    if (node.type === "FunctionExpression" && node.id) {
      this.scope = new Scope(this.scope, this.fn, false);
      this.addBinding(this.scope, { name: node.id.name, kind: "self", offset: node.id.start, fn });
    }
    this.fn = fn;
    this.eager &&= onTheSpot;
    if (node.type !== "ArrowFunctionExpression") this.thisOwner = { start: node.start, end: node.end, inClass };
    this.scope = new Scope(this.scope, fn, true);
    node.params.forEach((param, index) => {
      if (isErased(param)) return;
      const place: ParamPlace = { fn, index, rest: param.type === "RestElement", node: param };
      if (param.type !== "TSParameterProperty" && param.type !== "Identifier") this.visitAll(param.decorators ?? []);
      const properties = propertiesIn(param);
      this.bindPattern(param, (name, offset) => {
        const property = properties.get(offset);
        const at = property === undefined ? place : { ...place, property };
        this.addBinding(this.scope, { name, kind: "param", offset, param: at });
      });
    });
    if (node.body?.type === "BlockStatement") {
      // A scope of its own: a default of a parameter does not see what the body declares.
      const { body } = node.body;
      this.inScope(new Scope(this.scope, fn, true), () => this.visitAll(body));
    } else this.visit(node.body);
    [this.scope, this.fn, this.eager, this.thisOwner] = before;
    return fn;
  }

  protected visitClass(node: ClassNode): void {
    for (const decorator of node.decorators) this.visit(decorator);
    if (node.type === "ClassDeclaration" && node.id) {
      this.addBinding(this.scope, { name: node.id.name, kind: "class", offset: node.id.start, declaration: node });
    }
    const inner = new Scope(this.scope, this.fn, false);
    if (node.id) this.addBinding(inner, { name: node.id.name, kind: "self", offset: node.id.start });
    this.inScope(inner, () => {
      if (node.superClass) this.visitSuperClass(node.superClass, node);
      for (const member of node.body.body) if (!isErased(member)) this.visitClassMember(member, node);
    });
  }

  /** Making an instance runs the constructor of the superclass: a call, but not of the place where it is named. */
  protected visitSuperClass(superClass: Node, node: ClassNode): void {
    const inner = withoutTypes(superClass);
    if (inner.type !== "Identifier") {
      this.visit(inner);
      return;
    }
    const reference = this.refer(inner.name, inner.start, { use: "call" });
    this.calls.push({
      node,
      start: inner.start,
      end: inner.end,
      anchor: -1,
      calleeEnd: inner.end,
      callee: { kind: "name", reference, method: undefined, depth: 0 },
      isNew: true,
      args: [],
      eager: false,
      within: this.within,
      isStatement: false,
      isUsed: false,
      scope: this.scope,
    });
  }

  protected visitClassMember(member: ClassNode["body"]["body"][number], owner: ClassNode): void {
    if (member.type === "TSIndexSignature") return;
    const before = [this.thisOwner, this.eager] as const;
    const self = { start: owner.start, end: owner.end, inClass: true };
    if (member.type === "StaticBlock") {
      this.thisOwner = self;
      this.inScope(new Scope(this.scope, this.fn, true), () => this.visitAll(member.body));
    } else {
      for (const decorator of member.decorators) this.visit(decorator);
      if (member.computed) this.visit(member.key);
      if (member.type === "MethodDefinition" || member.type === "TSAbstractMethodDefinition") {
        if (member.value.type === "FunctionExpression") this.visitFunction(member.value, false, true);
      } else {
        this.features.push({ feature: "fields", offset: member.start });
        this.thisOwner = self;
        this.eager &&= member.static;
        this.visit(member.value);
      }
    }
    [this.thisOwner, this.eager] = before;
  }

  protected visitDecorator(node: NodeOf<"Decorator">): void {
    this.features.push({ feature: "decorators", offset: node.start });
    // A decorator is called with what it stands before, and may do anything with it.
    this.visit(node.expression);
    this.opaque(node.start);
  }

  protected visitEnum(node: NodeOf<"TSEnumDeclaration">): void {
    this.addBinding(this.scope, { name: node.id.name, kind: "enum", offset: node.id.start, declaration: node });
    this.inScope(new Scope(this.scope, this.fn, false), () => {
      for (const { id } of node.body.members) {
        const name = id.type === "Identifier" ? id.name : literalText(id);
        if (name !== undefined) this.addBinding(this.scope, { name, kind: "member", offset: id.start });
      }
      for (const { initializer } of node.body.members) this.visit(initializer);
    });
  }

  protected visitNamespace(node: NodeOf<"TSModuleDeclaration">): void {
    let id: Node = node.id;
    while (id.type === "TSQualifiedName") id = id.left;
    if (id.type === "Identifier") {
      this.addBinding(this.scope, { name: id.name, kind: "namespace", offset: id.start, declaration: node });
    }
    const { body } = node;
    if (body) this.inScope(new Scope(this.scope, this.fn, true), () => this.visitAll(body.body));
  }

  protected visitLoop(node: NodeOf<"ForStatement" | "ForInStatement" | "ForOfStatement">): void {
    this.inScope(new Scope(this.scope, this.fn, false), () => {
      const first = node.type === "ForStatement" ? node.init : node.left;
      if (first?.type === "VariableDeclaration") this.visitVariables(first, first.kind === "var" ? "var" : "loop");
      else if (first && node.type !== "ForStatement") this.visitTarget(first, false);
      else this.visit(first);
      if (node.type === "ForStatement") {
        this.visit(node.test);
        this.scope.step = node.update ?? undefined;
        this.visit(node.update);
      } else this.visit(node.right);
      this.visit(node.body);
    });
  }
}

function awaited(init: Node): Node {
  const node = withoutTypes(init);
  return node.type === "AwaitExpression" ? withoutTypes(node.argument) : node;
}

function functionIn(init: Node): FunctionNode | undefined {
  const node = withoutTypes(init);
  return node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression" ? node : undefined;
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
export function isLoading(given: Node): boolean {
  const node = withoutTypes(given);
  return node.type === "AwaitExpression"
    ? withoutTypes(node.argument).type === "ImportExpression"
    : node.type === "CallExpression";
}

/** The names that stand for one property each of what a pattern takes apart, by their offset. */
function propertiesIn(given: Node): ReadonlyMap<number, string> {
  const pattern = given.type === "AssignmentPattern" ? given.left : given;
  if (pattern.type !== "ObjectPattern") return noProperties;
  const found = new Map<number, string>();
  for (const property of pattern.properties) {
    if (property.type === "RestElement" || property.computed) continue;
    const { key, value } = property;
    const name = key.type === "Identifier" ? key.name : literalText(key);
    const local = value.type === "AssignmentPattern" ? value.left : value;
    if (name !== undefined && local.type === "Identifier") found.set(local.start, name);
  }
  return found;
}

const noProperties: ReadonlyMap<number, string> = new Map();
