import type { AnalysedModule } from "../syntax/analysed-module.ts";
import type { Binding, Reference } from "../syntax/scope.ts";
import { literalText, type Node, type NodeOf, withoutTypes } from "../syntax/syntax.ts";
import { builtinOrigin, globalOrigin, memberOrigin, type Origin } from "./origin.ts";
import { memberOf, pathInPattern } from "./pattern.ts";

/** What a module's own syntax does not tell. */
export interface Outside {
  /** The origin of a name that an import declares. */
  imported(name: string): Origin | undefined;
  /** The origin of a module by its specifier. */
  loaded(specifier: string, kind: "import" | "require"): Origin | undefined;
  /** What stands for an export of another module, or the origin itself. */
  followed(origin: Origin): Origin | undefined;
}

/** Tells where the values of expressions of one module come from, as far as that is plain: through names, aliases, properties. */
export class ModuleOrigins {
  readonly module: AnalysedModule;
  readonly #outside: Outside;
  readonly #references = new Map<number, Reference>();
  readonly #known = new Map<Node, Origin | undefined>();

  constructor(module: AnalysedModule, outside: Outside) {
    this.module = module;
    this.#outside = outside;
    for (const reference of module.scopes.references) {
      // `x += 1` reads and writes at one place: the name means the same.
      this.#references.set(reference.offset, reference);
    }
  }

  /** The use of a name that stands here; undefined where an identifier is no use: a key, a label. */
  reference(node: Node): Reference | undefined {
    return node.type === "Identifier" ? this.#references.get(node.start) : undefined;
  }

  of(given: Node | null | undefined): Origin | undefined {
    if (!given) return undefined;
    const node = plain(given);
    if (this.#known.has(node)) return this.#known.get(node);
    // A name that stands for itself has no origin.
    this.#known.set(node, undefined);
    const found = this.#find(node);
    const origin = found && this.#outside.followed(found);
    this.#known.set(node, origin);
    return origin;
  }

  /** The origin of what a declared name holds. */
  ofBinding(binding: Binding): Origin | undefined {
    if (binding.kind === "import") return this.#outside.imported(binding.name);
    const { init, declaration, offset, param } = binding;
    if (param) return param.index === 0 ? this.#ofLoadedParam(param, offset) : undefined;
    if (!init) return undefined;
    const path = declaration?.type === "VariableDeclarator" ? pathInPattern(declaration.id, offset) : [];
    return path && this.along(this.of(init), path);
  }

  /** `import("node:fs").then((fs) => ...)` */
  #ofLoadedParam({ fn, node }: NonNullable<Binding["param"]>, offset: number): Origin | undefined {
    this.#thens ??= new Map(
      this.module.scopes.calls.flatMap(({ node, args: [first] }) => {
        const callee = node.type === "CallExpression" ? plain(node.callee) : undefined;
        if (!first || callee?.type !== "MemberExpression" || memberOf(callee) !== "then") return [];
        return [[plain(first).start, callee.object] as const];
      }),
    );
    const loading = this.#thens.get(fn.start);
    const path = loading && pathInPattern(node, offset);
    return path && this.along(this.of(loading), path);
  }
  #thens: ReadonlyMap<number, Node> | undefined;

  along(origin: Origin | undefined, path: readonly string[]): Origin | undefined {
    let at = origin;
    for (const name of path) {
      if (!at) return undefined;
      at = this.#outside.followed(memberOrigin(at, name));
    }
    return at;
  }

  #find(node: Node): Origin | undefined {
    switch (node.type) {
      case "Identifier": {
        const reference = this.#references.get(node.start);
        if (!reference) return undefined;
        return reference.binding ? this.ofBinding(reference.binding) : globalOrigin(node.name);
      }
      case "MetaProperty":
        return node.meta.name === "import" ? ["meta"] : undefined;
      case "MemberExpression": {
        const object = this.of(node.object);
        return object && memberOrigin(object, memberOf(node));
      }
      case "TSQualifiedName": {
        const left = this.of(node.left);
        return left && memberOrigin(left, node.right.name);
      }
      case "AwaitExpression":
        return this.of(node.argument);
      case "SequenceExpression":
        return this.of(node.expressions.at(-1));
      case "ImportExpression": {
        const specifier = literalText(node.source);
        return specifier === undefined ? undefined : this.#outside.loaded(specifier, "import");
      }
      case "CallExpression":
        return this.#ofCall(node);
      default:
        return undefined;
    }
  }

  /** Calls that load a module, or give a function back in another form. */
  #ofCall(node: NodeOf<"CallExpression">): Origin | undefined {
    const [first] = node.arguments;
    const callee = plain(node.callee);
    const text = literalText(first);
    if (this.isRequire(callee)) return text === undefined ? undefined : this.#outside.loaded(text, "require");
    // How compilers take what `require()` gives.
    if (callee.type === "Identifier" && passingOn.has(callee.name)) return this.of(first);
    const of = this.of(callee)?.join(" ");
    if (of === "global process getBuiltinModule") return text === undefined ? undefined : builtinOrigin(text);
    if (of === "node:util promisify" || of === "node:util callbackify") return this.of(first);
    if (of === "global Object freeze") return this.of(first);
    const bound = callee.type === "MemberExpression" && memberOf(callee) === "bind";
    return bound ? this.of(callee.object) : undefined;
  }

  /** Whether a call of this loads a module: `require`, or what `createRequire` gave. */
  isRequire(callee: Node): boolean {
    if (callee.type === "CallExpression") return this.of(callee.callee)?.join(" ") === "node:module createRequire";
    const reference = this.reference(callee);
    if (!reference) return false;
    const { binding, name } = reference;
    if (!binding) return name === "require";
    return binding.init !== undefined && binding.init !== null && this.isRequire(plain(binding.init));
  }
}

const passingOn = new Set(
  "__toESM __importStar __importDefault _interopRequireDefault _interopRequireWildcard".split(" "),
);

/** Without what changes nothing about a value: types, and `?.` around it. */
export function plain(given: Node): Node {
  let node = withoutTypes(given);
  while (node.type === "ChainExpression") node = withoutTypes(node.expression);
  return node;
}
