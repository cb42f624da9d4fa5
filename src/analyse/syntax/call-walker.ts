import { changesOnlyArguments } from "../program/purity.ts";
import { DeclarationWalker, isLoading } from "./declaration-walker.ts";
import type { Call, Callee, Reference } from "./scope.ts";
import { literalText, type Node, type NodeOf, withoutTypes } from "./syntax.ts";

export type CallNode = NodeOf<"CallExpression" | "NewExpression" | "TaggedTemplateExpression">;

/** Walks what calls functions and loads modules. */
export abstract class CallWalker extends DeclarationWalker {
  /**
   * Visits `a.b.c`, of which `a` is the root. Gives the reference to the root, or what the root is where it is no name.
   * Names of exports that are read of an `import()` or `require()` are noted with it. What is changed may lie `below`.
   */
  protected visitMember(
    node: NodeOf<"MemberExpression">,
    use: "read" | "mutate" | "method",
    below = 0,
  ): Reference | Node {
    let depth = below;
    let object: Node = node;
    let member: string | undefined;
    while (object.type === "MemberExpression") {
      depth++;
      const outer = member;
      member = memberName(object);
      if (use === "mutate" && depth > 1 && (member === "__proto__" || member === "constructor"))
        this.referPrototype(object.start, "mutate");
      else if (use !== "mutate" && leadsToPrototype(member, outer)) this.referPrototype(object.start);
      if (object.computed) this.visit(object.property);
      object = withoutTypes(object.object);
      if (object.type === "ChainExpression") object = object.expression;
    }
    if (object.type === "Identifier" && object.name !== "arguments") {
      const safe = use === "read" && member === "length";
      return this.refer(object.name, object.start, { use, member, depth, safe });
    }
    if (member !== undefined && isLoading(object)) this.names = [member];
    this.visit(object);
    this.names = undefined;
    const fresh = object.type === "ThisExpression" && this.thisOwner?.inClass && depth === 1;
    if (use === "mutate" && !fresh) this.opaque(node.start);
    if (use === "mutate" && object.type === "MetaProperty") this.referPrototype(object.start, use);
    return object;
  }

  protected visitCall(node: CallNode): Call {
    const names = this.names;
    this.names = undefined;
    const isStatement = this.statementCall === node;
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
      eager: this.eager,
      within: this.within,
      isStatement,
      isUsed: !isStatement && this.declaring !== node,
      scope: this.scope,
    };
    this.calls.push(call);
    call.callee = this.visitCallee(tag);
    this.noteSpecial(call, names);
    if ("method" in call.callee && call.callee.method === "getPrototypeOf") this.referPrototype(node.start);
    const [first, ...others] = args;
    if (first && this.changesFirst(call)) this.visitChanged(first, call);
    else if (first) this.visitArgument(first, call);
    for (const arg of others) this.visitArgument(arg, call);
    return call;
  }

  /** Whether a call changes its first argument as an assignment to a property of it would: `Object.assign(x, ...)`. */
  protected changesFirst({ callee }: Call): boolean {
    if (callee.kind !== "name") return false;
    const { name } = callee.reference;
    return changesOnlyArguments(name, callee.method) && !this.scope.lookUp(name);
  }

  protected visitChanged(given: Node, call: Call): void {
    const node = withoutTypes(given);
    if (node.type === "Identifier" && node.name !== "arguments")
      this.refer(node.name, node.start, { use: "mutate", depth: 1 });
    else if (node.type === "MemberExpression") this.visitMember(node, "mutate", 1);
    else {
      this.visitArgument(node, call);
      if (node.type === "CallExpression") this.opaque(node.start);
    }
  }

  /** What was got without a name of its own: the prototype of something, which may be one of the language's. */
  protected referPrototype(offset: number, use: "read" | "mutate" = "read"): void {
    this.refer("Object", offset, { use, member: "__proto__", depth: 1 });
  }

  protected visitCallee(given: Node): Callee {
    let node = withoutTypes(given);
    if (node.type === "ChainExpression") node = withoutTypes(node.expression);
    if (node.type === "SequenceExpression") {
      // `(0, lib.f)()`: how compilers call a method without its object.
      for (const expression of node.expressions.slice(0, -1)) this.visit(expression);
      return this.visitCallee(node.expressions.at(-1)!);
    }
    switch (node.type) {
      case "Identifier": {
        const reference = this.refer(node.name, node.start, { use: "call" });
        return { kind: "name", reference, method: undefined, depth: 0 };
      }
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return { kind: "function", fn: this.visitFunction(node, true) };
      case "Super":
        return { kind: "this" };
      case "MemberExpression": {
        const method = memberName(node);
        return this.calleeOfMethod(node, method);
      }
      default:
        this.visit(node);
        return { kind: "unknown", method: undefined };
    }
  }

  protected calleeOfMethod(node: NodeOf<"MemberExpression">, method: string | undefined): Callee {
    const first = this.calls.length;
    const root = this.visitMember(node, "method");
    if (!("type" in root)) return { kind: "name", reference: root, method, depth: root.depth };
    switch (root.type) {
      case "ThisExpression":
      case "Super":
        return this.thisOwner?.inClass ? { kind: "this" } : { kind: "unknown", method };
      case "Literal":
      case "TemplateLiteral":
      case "ArrayExpression":
      case "ObjectExpression":
      case "MetaProperty":
        return { kind: "value" };
      default: {
        const inner = root.type === "AwaitExpression" ? withoutTypes(root.argument) : root;
        const of = this.calls.slice(first).find((call) => call.node === inner);
        return of ? { kind: "chain", of, method } : { kind: "unknown", method };
      }
    }
  }

  /** An argument, or a part of a literal that is one: what is in it is only seen, or called, by the function called. */
  protected visitArgument(given: Node, call: Call): void {
    const node = withoutTypes(given);
    const within = { call, parent: this.within };
    switch (node.type) {
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const before = this.within;
        this.within = within;
        this.visitFunction(node, false);
        this.within = before;
        return;
      }
      case "Identifier":
        if (node.name !== "arguments") this.refer(node.name, node.start, { within });
        else this.visit(node);
        return;
      case "ObjectExpression":
        for (const property of node.properties) {
          if (property.type === "SpreadElement") this.visitArgument(property.argument, call);
          else {
            if (property.computed) this.visit(property.key);
            this.visitArgument(property.value, call);
          }
        }
        return;
      case "ArrayExpression":
        for (const element of node.elements) if (element) this.visitArgument(element, call);
        return;
      case "SpreadElement":
        this.visitArgument(node.argument, call);
        return;
      default:
        this.visit(node);
    }
  }

  protected visitImportExpression(node: NodeOf<"ImportExpression">): void {
    const names = this.names;
    this.names = undefined;
    const specifier = literalText(node.source);
    if (specifier !== undefined) this.depend("import", specifier, node.start, names);
    else {
      this.blind.push({ what: "import() of a computed name", offset: node.start });
      this.visit(node.source);
    }
    this.visit(node.options);
  }

  /** Calls that load code or name files: `require`, `new URL(..., import.meta.url)`, `eval`. */
  protected noteSpecial(call: Call, names: readonly string[] | undefined): void {
    const { callee, node, args } = call;
    const [first, second] = args;
    const text = literalText(first);
    if (callee.kind === "value") {
      const resolves = text !== undefined && node.type === "CallExpression" && isMetaResolve(node.callee);
      if (resolves) this.depend("import", text, node.start);
      return;
    }
    if (callee.kind !== "name") return;
    const { name } = callee.reference;
    const declared = this.scope.lookUp(name);
    if (callee.method === undefined && (name === "require" || isRequireMaker(declared?.init))) {
      if (text !== undefined) this.depend("require", text, node.start, names);
      else this.blind.push({ what: "require() of a computed name", offset: node.start });
    } else if (name === "require" && callee.method === "resolve" && text !== undefined) {
      this.depend("require", text, node.start);
    } else if (name === "URL" && call.isNew && second && isMetaUrl(second)) {
      if (text !== undefined) this.depend("asset", text, node.start);
      else this.blind.push({ what: "new URL() of a computed name", offset: node.start });
    } else if (!declared && callee.method === undefined && (name === "eval" || name === "Function")) {
      this.blind.push({ what: name === "eval" ? "eval()" : "new Function()", offset: node.start });
    } else if (name === "process" && callee.method === "dlopen") {
      this.blind.push({ what: "a native addon", offset: node.start });
    }
  }

  protected visitJsx(node: NodeOf<"JSXElement" | "JSXFragment">): void {
    const { factory, fragment, runtime } = this.jsx;
    this.features.push({ feature: "jsx", offset: node.start });
    this.opaque(node.start);
    if (runtime !== undefined) this.depend("import", runtime, node.start);
    if (factory !== undefined) this.refer(factory, node.start, { use: "call" });
    if (node.type === "JSXElement") {
      this.visitJsxName(node.openingElement.name);
      for (const attribute of node.openingElement.attributes) {
        if (attribute.type === "JSXSpreadAttribute") this.visit(attribute.argument);
        else if (attribute.value) this.visit(attribute.value);
      }
    } else if (fragment !== undefined) this.refer(fragment, node.start);
    this.visitAll(node.children);
  }

  protected visitJsxName(name: Node): void {
    let root = name;
    let member: string | undefined;
    while (root.type === "JSXMemberExpression") {
      member = root.property.name;
      root = root.object;
    }
    if (root.type !== "JSXIdentifier") return;
    if (root.name === "this") {
      this.implicit("this", root.start);
      return;
    }
    // A lower-case name without a dot is an element of the page, not a name of the module.
    if (member !== undefined || !/^[a-z]/.test(root.name) || root.name.includes(".")) {
      this.refer(root.name, root.start, { member });
    }
  }
}

/** The property that `a.b` or `a["b"]` names. */
function memberName(node: NodeOf<"MemberExpression">): string | undefined {
  if (node.computed) return literalText(node.property);
  return node.property.type === "Identifier" ? node.property.name : undefined;
}

/** Whether a property gives a prototype, or the class that has one: `x.__proto__`, `x.constructor.prototype`. */
function leadsToPrototype(name: string | undefined, outer: string | undefined): boolean {
  return name === "__proto__" || (name === "constructor" && outer === "prototype");
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
