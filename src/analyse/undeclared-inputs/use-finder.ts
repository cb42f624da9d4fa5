import type { Binding } from "../syntax/scope.ts";
import { counts, isErased, isNode, literalText, type Node, type NodeOf } from "../syntax/syntax.ts";
import { namesIn } from "../syntax/unit-syntax.ts";
import { callInput } from "./call-inputs.ts";
import { hintFor, type InputKind } from "./input-kind.ts";
import type { FoundUse } from "./input-use.ts";
import { type KnownInput, knownInputAt } from "./known-inputs.ts";
import { intlHint, localMethodHint } from "./local-time.ts";
import { type ModuleOrigins, plain } from "./module-origins.ts";
import type { Origin } from "./origin.ts";
import type { PathFlows } from "./path-flow.ts";
import { memberOf } from "./pattern.ts";

type CallNode = NodeOf<"CallExpression" | "NewExpression" | "TaggedTemplateExpression">;

/** How the value of an expression is used: `alias` by a name that leads to it, `test` only to see whether it is there. */
type Role = "value" | "alias" | "test" | "write" | { readonly call: CallNode };

/** Finds every place in a module that depends on something other than what is given to it. */
export class UseFinder {
  readonly #origins: ModuleOrigins;
  readonly #paths: PathFlows;
  readonly #source: string;
  readonly #found = new Map<string, FoundUse>();

  constructor(origins: ModuleOrigins, paths: PathFlows) {
    this.#origins = origins;
    this.#paths = paths;
    this.#source = origins.module.parsed.source;
  }

  /** In the order of the source. */
  find(): readonly FoundUse[] {
    const { parsed, scopes } = this.#origins.module;
    for (const statement of parsed.program.body) if (!isErased(statement)) this.#visit(statement);
    for (const { what, offset } of scopes.blind) this.#add("code", "warning", offset, what, what, hintFor("code"));
    return [...this.#found.values()].sort((a, b) => a.offset - b.offset);
  }

  #visitAll(nodes: readonly (Node | null | undefined)[]): void {
    for (const node of nodes) if (node && !isErased(node)) this.#visit(node);
  }

  #visit(given: Node, role: Role = "value"): void {
    const node = plain(given);
    switch (node.type) {
      case "Identifier":
      case "MemberExpression":
        this.#visitPath(node, role);
        return;
      case "CallExpression":
      case "NewExpression":
        this.#visitCall(node, role);
        return;
      case "TaggedTemplateExpression":
        this.#visit(node.tag, { call: node });
        this.#visitAll(node.quasi.expressions);
        return;
      case "AwaitExpression":
        this.#visit(node.argument, role);
        return;
      case "SequenceExpression":
        this.#visitAll(node.expressions.slice(0, -1));
        this.#visit(node.expressions.at(-1)!, role);
        return;
      case "ImportExpression": {
        const origin = this.#origins.of(node);
        if (origin) this.#useAt(origin, node, role);
        break;
      }
      case "VariableDeclarator":
        this.#initialise(namesIn(node.id), () => {
          this.#visitPattern(node.id);
          if (node.init) this.#visit(node.init, "alias");
        });
        return;
      case "AssignmentExpression":
        if (node.operator === "=") this.#visitPattern(node.left);
        else this.#visit(node.left);
        this.#visit(node.right);
        return;
      case "UnaryExpression":
        this.#visit(
          node.argument,
          node.operator === "typeof" ? "test" : node.operator === "delete" ? "write" : "value",
        );
        return;
      case "BinaryExpression":
        if (node.left.type !== "PrivateIdentifier") this.#visit(node.left);
        this.#visit(node.right, node.operator === "instanceof" ? "test" : "value");
        return;
      case "ForOfStatement":
        this.#paths.addLoop(node);
        break;
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        if (node.computed) this.#visit(node.key);
        this.#visitAll("decorators" in node ? (node.decorators ?? []) : []);
        if (node.value) this.#visit(node.value);
        return;
      case "ExportNamedDeclaration":
        if (node.declaration) this.#visitAll([node.declaration]);
        return;
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "TSImportEqualsDeclaration":
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        // Its code runs when it is called, not when a variable gets its value.
        this.#initialise([], () => {
          for (const param of node.params) if (!isErased(param)) this.#visitPattern(param);
          if (node.body) this.#visit(node.body);
        });
        return;
      default:
    }
    this.#visitChildren(node);
  }

  #initialise(names: readonly string[], work: () => void): void {
    const before = this.#initialised;
    this.#initialised = names;
    work();
    this.#initialised = before;
  }
  #initialised: readonly string[] = [];

  #visitChildren(node: Node): void {
    for (const [name, value] of Object.entries(node)) {
      if (!counts(name)) continue;
      if (Array.isArray(value)) this.#visitAll(value.filter((item) => item === null || isNode(item)));
      else if (isNode(value)) this.#visitAll([value]);
    }
  }

  /** What is declared or assigned; its defaults and computed keys are values. */
  #visitPattern(given: Node): void {
    const node = plain(given);
    switch (node.type) {
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") this.#visitPattern(property.argument);
          else {
            if (property.computed) this.#visit(property.key);
            this.#visitPattern(property.value);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of node.elements) if (element) this.#visitPattern(element);
        return;
      case "AssignmentPattern":
        this.#visitPattern(node.left);
        this.#visit(node.right);
        return;
      case "RestElement":
        this.#visitPattern(node.argument);
        return;
      case "TSParameterProperty":
        this.#visitPattern(node.parameter);
        return;
      case "Identifier":
        // A name that takes a value out of what is taken apart, as in `const { HOME } = process.env`, reads it here.
        this.#visitTaken(node);
        return;
      default:
        this.#visit(node, "write");
    }
  }

  #visitTaken(node: NodeOf<"Identifier">): void {
    const declared = this.#declared.get(node.start);
    const origin = declared && this.#origins.ofBinding(declared);
    const known = origin && knownInputAt(origin);
    // All of what is taken apart may be a value itself, which is told of where it stands.
    if (known?.is !== "value" || !declared?.init || this.#knownAt(declared.init)?.is === "value") return;
    this.#addKnown(known, node, "warning", hintOf(known));
  }

  /** Declared names by where they stand in their declaration. */
  get #declared(): ReadonlyMap<number, Binding> {
    if (!this.#bindings) {
      const { references, scope } = this.#origins.module.scopes;
      const all = [...scope.bindings.values(), ...references.flatMap(({ binding }) => binding ?? [])];
      this.#bindings = new Map(all.map((binding) => [binding.offset, binding]));
    }
    return this.#bindings;
  }
  #bindings: ReadonlyMap<number, Binding> | undefined;

  #visitCall(node: NodeOf<"CallExpression" | "NewExpression">, role: Role): void {
    const callee = plain(node.callee);
    const origin = this.#origins.of(node);
    const loads = literalText(node.arguments[0]) !== undefined;
    if (origin && role !== "value") {
      // What loads a module, or only passes a function on, is as much as that: `require("fs")`, `promisify(fs.readFile)`.
      this.#visitAll(node.arguments.filter((argument) => !this.#knownAt(argument)));
      if (role !== "alias") this.#useAt(origin, node, role);
      return;
    }
    if (origin && loads) this.#useAt(origin, node, role);
    this.#visit(node.callee, { call: node });
    this.#visitAll(node.arguments);
    if (callee.type === "MemberExpression" && !this.#knownAt(callee)) {
      const method = memberOf(callee);
      const hint = method === undefined ? undefined : localMethodHint(method, node.arguments);
      if (hint !== undefined) this.#add("locale", "note", callee.property.start, `${method}()`, method!, hint);
    }
    const [root, intl, name] = this.#origins.of(callee) ?? [];
    if (root === "global" && intl === "Intl" && name !== undefined) {
      const hint = intlHint(name, node.arguments);
      if (hint !== undefined) this.#add("locale", "note", node.start, this.#callText(node), `Intl.${name}`, hint);
    }
  }

  #knownAt(node: Node): KnownInput | undefined {
    const origin = this.#origins.of(node);
    return origin && knownInputAt(origin);
  }

  /** A name, or a property of one. */
  #visitPath(node: NodeOf<"Identifier" | "MemberExpression">, role: Role): void {
    const origin = this.#origins.of(node);
    if (node.type === "MemberExpression") {
      let at: Node = node;
      while (at.type === "MemberExpression") {
        if (at.computed) this.#visit(at.property);
        at = plain(at.object);
      }
      // Where the whole leads nowhere, what it begins with may.
      if (!origin && at.type !== "Identifier") this.#visit(at);
    }
    if (origin && !this.#isOfKnownValue(node)) this.#useAt(origin, node, role);
  }

  /** Whether the name in front stands for a value that was read where the name was declared. */
  #isOfKnownValue(node: Node): boolean {
    let at = node;
    while (at.type === "MemberExpression") at = plain(at.object);
    const binding = this.#origins.reference(at)?.binding;
    if (!binding || binding.kind === "import") return false;
    const origin = this.#origins.ofBinding(binding);
    return origin !== undefined && knownInputAt(origin)?.is === "value";
  }

  #useAt(origin: Origin, node: Node, role: Role): void {
    const known = knownInputAt(origin);
    if (!known || role === "write") return;
    const hint = hintOf(known);
    if (known.is === "value") {
      const part = this.#knownPartOf(node, known);
      const what = typeof role === "object" && part === node ? this.#callText(role.call) : this.#textOf(part);
      return this.#add(known.kind, "warning", part.start, what, known.name, hint);
    }
    if (known.is === "object") {
      const level = known.kind === "env" ? "warning" : "note";
      if (role === "value") this.#addKnown(known, node, level, `${hint} (what is read of it cannot be told)`);
      return;
    }
    if (known.name === "Date" && (origin.length > known.length || typeof role !== "object")) return;
    if (typeof role !== "object") {
      // Handed on to be called: with which file cannot be told.
      if (role === "value") this.#addKnown(known, node, known.kind === "file" ? "note" : "warning", hint);
      return;
    }
    const { call } = role;
    const use = callInput(known, call, this.#paths);
    if (!use) return;
    this.#add(use.kind ?? known.kind, use.level, call.start, this.#callText(call), known.name, use.hint, use.handles);
  }

  /** Of `process.env.HOME.length`, what is known: `process.env.HOME`. */
  #knownPartOf(node: Node, { length }: KnownInput): Node {
    let part = node;
    while (part.type === "MemberExpression" && (this.#origins.of(part.object)?.length ?? 0) >= length)
      part = plain(part.object);
    return part;
  }

  #addKnown({ kind, name }: KnownInput, node: Node, level: FoundUse["level"], hint: string): void {
    this.#add(kind, level, node.start, this.#textOf(node), name, hint);
  }

  #add(
    kind: InputKind,
    level: FoundUse["level"],
    offset: number,
    what: string,
    name: string,
    hint: string,
    handles?: readonly string[],
  ): void {
    const id = `${offset} ${kind}`;
    if (this.#found.has(id)) return;
    const initialises = this.#initialised;
    this.#found.set(id, { kind, level, what, name, hint, offset, initialises, ...(handles ? { handles } : {}) });
  }

  #callText(call: CallNode): string {
    if (call.type === "TaggedTemplateExpression") return `${this.#textOf(call.tag)}\`…\``;
    const text = literalText(call.arguments[0]);
    const shown = text === undefined ? (call.arguments.length > 0 ? "…" : "") : short(JSON.stringify(text), 40);
    const callee = plain(call.callee);
    const called = callee.type === "SequenceExpression" ? callee.expressions.at(-1)! : callee;
    return `${call.type === "NewExpression" ? "new " : ""}${this.#textOf(called)}(${shown})`;
  }

  #textOf({ start, end }: Node): string {
    return short(this.#source.slice(start, end).replaceAll(/\s+/g, " "), 60);
  }
}

function hintOf({ kind, name }: KnownInput): string {
  const [, variable] = /^(?:process|import\.meta|Bun|Deno)\.env\.(\w+)$/.exec(name) ?? [];
  return variable === undefined ? hintFor(kind) : `declare it as an input with env(${JSON.stringify(variable)})`;
}

function short(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
