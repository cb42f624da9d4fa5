import type { Binding, Call, ParamPlace } from "../syntax/scope.ts";
import { literalText, type Node, type NodeOf } from "../syntax/syntax.ts";
import { knownInputAt } from "./known-inputs.ts";
import { LocalCalls } from "./local-calls.ts";
import { type ModuleOrigins, plain } from "./module-origins.ts";
import { memberOf, pathInPattern } from "./pattern.ts";

/**
 * Where the path of a file comes from: `constant` stands in the code; `inputs` and `context` are what a stage's function gets;
 * `input NAME` is a part of one of the inputs, and `handle NAME` the `path` of such a part; `declared` is a place that the
 * context gives, or a file that counts with the code.
 */
export type PathFlow = "declared" | "constant" | "inputs" | "context" | "unknown" | InputFlow | HandleFlow;
type InputFlow = `input ${string}`;
type HandleFlow = `handle ${string}`;

const handle = "handle ";

/** The inputs whose `path` it is, as far as they have one; undefined for anything else. */
export function handlesIn(flow: PathFlow): readonly string[] | undefined {
  return isHandle(flow) ? flow.slice(handle.length).split("\n") : undefined;
}

function isHandle(flow: PathFlow): flow is HandleFlow {
  return flow.startsWith(handle);
}

function isInput(flow: PathFlow): flow is InputFlow {
  return flow.startsWith("input ");
}

/** Methods that call a function with the members of what they belong to. */
const eachMethods = new Set("every filter find findIndex flatMap forEach map some".split(" "));

/** Tells where paths come from, as far as that is local and plain. */
export class PathFlows {
  readonly #origins: ModuleOrigins;
  readonly #isAsset: (specifier: string) => boolean;
  readonly #stageFunctions: Set<number>;
  /** Their first parameter is an item, the second the inputs. */
  readonly #mapFunctions = new Set<number>();
  readonly #loops = new Map<Node, Node>();
  readonly #takers = new Map<number, Call>();
  readonly #calls: LocalCalls;
  readonly #pending = new Set<Node>();

  /** `isAsset` says whether `new URL(specifier, import.meta.url)` names a file that counts by its content. */
  constructor(origins: ModuleOrigins, isAsset: (specifier: string) => boolean) {
    this.#origins = origins;
    this.#isAsset = isAsset;
    this.#stageFunctions = new Set();
    this.#calls = new LocalCalls(origins.module);
    for (const call of origins.module.scopes.calls) {
      const { node } = call;
      for (const arg of call.args) if (/Function/.test(plain(arg).type)) this.#takers.set(plain(arg).start, call);
      const callee = node.type === "CallExpression" ? origins.of(node.callee)?.join(" ") : undefined;
      if (node.type !== "CallExpression" || (callee !== "sluice stage" && callee !== "sluice map")) continue;
      const isMap = callee === "sluice map";
      // A map may have no shared inputs: then its function comes second, too.
      for (const fn of node.arguments.slice(1, isMap ? 3 : 2)) {
        const start = this.#functionAt(plain(fn));
        if (start === undefined) continue;
        (isMap ? this.#mapFunctions : this.#stageFunctions).add(start);
        break;
      }
    }
  }

  #functionAt(node: Node): number | undefined {
    if (/Function/.test(node.type)) return node.start;
    return this.#origins.reference(node)?.binding?.fn?.start;
  }

  /** Takes note of what a loop goes through. */
  addLoop({ left, right }: NodeOf<"ForOfStatement">): void {
    if (left.type !== "VariableDeclaration") return;
    for (const declarator of left.declarations) this.#loops.set(declarator, right);
  }

  of(given: Node | null | undefined): PathFlow {
    if (!given) return "unknown";
    const node = plain(given);
    if (this.#pending.has(node)) return "unknown";
    this.#pending.add(node);
    const flow = this.#find(node);
    this.#pending.delete(node);
    return flow;
  }

  #find(node: Node): PathFlow {
    const origin = this.#origins.of(node);
    // A place that the machine or the environment gives is as little declared as one that is written down.
    if (origin && (origin[0] === "meta" || knownInputAt(origin)?.is === "value")) return "constant";
    switch (node.type) {
      case "Literal":
        return "constant";
      case "Identifier":
        return this.#ofName(node);
      case "MemberExpression":
        return member(this.of(node.object), memberOf(node));
      case "AwaitExpression":
      case "SpreadElement":
        return this.of(node.argument);
      case "TemplateLiteral":
        return this.#ofTemplate(node);
      case "BinaryExpression":
        return climbs(node.right) ? above(this.of(node.left)) : this.of(node.left);
      case "ConditionalExpression":
        return both(this.of(node.consequent), this.of(node.alternate));
      case "LogicalExpression":
        return both(this.of(node.left), this.of(node.right));
      case "ArrayExpression":
        return node.elements.length === 0 ? "unknown" : node.elements.map((element) => this.of(element)).reduce(both);
      case "CallExpression":
      case "NewExpression":
        return this.#ofCall(node);
      default:
        return "unknown";
    }
  }

  #ofName(node: NodeOf<"Identifier">): PathFlow {
    const reference = this.#origins.reference(node);
    if (!reference) return "unknown";
    const { binding, name } = reference;
    if (!binding) return name === "__dirname" || name === "__filename" ? "constant" : "unknown";
    // What another module declares was there before any input.
    if (binding.kind === "import") return "constant";
    if (binding.param) return this.#ofParam(binding, binding.param);
    const { init, declaration } = binding;
    if (binding.writes > 0 || declaration?.type !== "VariableDeclarator") return "unknown";
    const from = init ?? this.#loops.get(declaration);
    const path = pathInPattern(declaration.id, binding.offset);
    if (!from || !path) return "unknown";
    return [...(init ? [] : ["*"]), ...path].reduce<PathFlow>(member, this.of(from));
  }

  #ofParam({ offset }: Binding, { fn, index, rest, node }: ParamPlace): PathFlow {
    const path = pathInPattern(node, offset) ?? [];
    if (this.#stageFunctions.has(fn.start)) {
      return path.reduce<PathFlow>(member, index === 0 ? "inputs" : index === 1 ? "context" : "unknown");
    }
    if (this.#mapFunctions.has(fn.start)) {
      const start =
        index === 0 ? member("inputs", "items") : index === 1 ? "inputs" : index === 2 ? "context" : "unknown";
      return path.reduce<PathFlow>(member, start);
    }
    const given = rest ? undefined : this.#calls.argumentsFor(fn.start, index);
    if (given) return given.map((argument) => path.reduce<PathFlow>(member, this.of(argument))).reduce(same);
    const callee = this.#takers.get(fn.start)?.node;
    if (index !== 0 || callee?.type !== "CallExpression") return "unknown";
    const method = plain(callee.callee);
    if (method.type !== "MemberExpression" || !eachMethods.has(memberOf(method) ?? "")) return "unknown";
    return ["*", ...path].reduce<PathFlow>(member, this.of(method.object));
  }

  /** What a text begins with decides, unless it climbs out of that. */
  #ofTemplate({ quasis, expressions }: NodeOf<"TemplateLiteral">): PathFlow {
    if (quasis[0]?.value.raw !== "" || expressions.length === 0) return "constant";
    const flow = this.of(expressions[0]);
    return quasis.some(({ value }) => value.raw.includes("..")) ? above(flow) : flow;
  }

  #ofCall(node: NodeOf<"CallExpression" | "NewExpression">): PathFlow {
    const [first, ...rest] = node.arguments;
    const origin = this.#origins.of(node.callee) ?? [];
    const [root, ...names] = origin;
    const name = names.at(-1) ?? "";
    if (node.type === "NewExpression" || (root === "global" && name === "URL")) {
      if (origin.join(" ") !== "global URL" && origin.join(" ") !== "node:url URL") return "unknown";
      const text = literalText(first);
      const [base] = rest;
      if (text !== undefined && base && this.#origins.of(base)?.join(" ") === "meta url")
        return this.#isAsset(text) ? "declared" : "constant";
      return base ? this.of(base) : this.of(first);
    }
    if (root === "node:path") {
      if (name === "join" || name === "resolve") return rest.some(climbs) ? above(this.of(first)) : this.of(first);
      if (name === "normalize" || name === "toNamespacedPath") return this.of(first);
      return this.of(first) === "constant" ? "constant" : "unknown";
    }
    if (root === "node:url" || origin.join(" ") === "global String") return this.of(first);
    if (root === "node:fs") {
      // What is opened has been told of where it is opened.
      if (/^open/.test(name)) return "declared";
      return /^(?:mkdtemp|realpath|readdir|glob)/.test(name) ? this.of(first) : "unknown";
    }
    if (origin.length > 0) return knownInputAt(origin) ? "constant" : "unknown";
    const callee = plain(node.callee);
    if (callee.type !== "MemberExpression") return "unknown";
    // A method of an input gives a part of it: `folder.file("a.csv")`. Of a path, it may give another path.
    const of = this.of(callee.object);
    return isInput(of) || of === "constant" ? of : "unknown";
  }
}

function member(flow: PathFlow, name: string | undefined): PathFlow {
  if (flow === "inputs") return `input ${name ?? "*"}`;
  if (flow === "context") return name === "outputs" || name === "tmp" ? "declared" : "unknown";
  return isInput(flow) && name === "path" ? `${handle}${flow.slice("input ".length)}` : flow;
}

/** Either: one that stands in the code is enough to tell of. */
function both(a: PathFlow, b: PathFlow): PathFlow {
  return a === "constant" || b === "constant" ? "constant" : same(a, b);
}

/** All of them. */
function same(a: PathFlow, b: PathFlow): PathFlow {
  if (a === b) return a;
  if (isHandle(a) && isHandle(b)) return `${a}\n${b.slice(handle.length)}`;
  if (a === "declared" || b === "declared") return isHandle(a) ? a : isHandle(b) ? b : "unknown";
  return "unknown";
}

/** What lies beside or above a place need not be declared with it. */
function above(flow: PathFlow): PathFlow {
  return flow === "declared" || isHandle(flow) ? "unknown" : flow;
}

/** Whether a part of a path leads upwards. */
function climbs(node: Node): boolean {
  const text = literalText(node);
  return text?.split(/[\\/]/).includes("..") ?? false;
}
