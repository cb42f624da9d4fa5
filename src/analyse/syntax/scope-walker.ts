import type { CompileOptions } from "../load/compiler-settings.ts";
import { CallWalker } from "./call-walker.ts";
import { jsxOf } from "./jsx-target.ts";
import { Scope } from "./scope.ts";
import type { ModuleScopes } from "./scope-recorder.ts";
import { counts, isErased, isNode, type Node, type ParsedModule, withoutTypes } from "./syntax.ts";

/** Finds what every name of a module refers to, and every call. `options` say what JSX compiles to. */
export function walkScopes(parsed: ParsedModule, options: CompileOptions): ModuleScopes {
  const walker = new ScopeWalker(jsxOf(parsed, options));
  walker.visitAll(parsed.program.body);
  return walker.finish();
}

/**
 * How deeply code may be nested: syntax is walked by recursion, and whether the stack is enough for more depends on what V8 has compiled by
 * then, and on who calls. What a version is made of must not.
 */
const mostNested = 500;

class ScopeWalker extends CallWalker {
  #depth = 0;

  visitAll(nodes: readonly (Node | null)[]): void {
    for (const node of nodes) if (node && !isErased(node)) this.visit(node);
  }

  /** @throws RangeError where the node is nested too deeply */
  visit(given: Node | null | undefined): void {
    if (!given) return;
    if (this.#depth === mostNested) throw new RangeError("nested too deeply");
    this.#depth++;
    this.#visit(withoutTypes(given));
    this.#depth--;
  }

  #visit(node: Node): void {
    switch (node.type) {
      case "Identifier":
        if (node.name === "arguments" && this.thisOwner) this.implicit("arguments", node.start);
        else this.refer(node.name, node.start);
        return;
      case "ThisExpression":
        this.implicit("this", node.start);
        return;
      case "Super":
        this.implicit("this", node.start);
        return;
      case "MetaProperty":
        if (node.meta.name === "new") this.implicit("new.target", node.start);
        return;
      case "ImportDeclaration":
        this.visitImport(node);
        return;
      case "ExportNamedDeclaration":
        this.visitNamedExport(node);
        return;
      case "ExportAllDeclaration":
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "TSImportEqualsDeclaration":
        this.visitImportEquals(node);
        return;
      case "LabeledStatement":
        this.visit(node.body);
        return;
      case "ExpressionStatement": {
        const expression = withoutTypes(node.expression);
        const awaited = expression.type === "AwaitExpression" ? withoutTypes(expression.argument) : expression;
        this.statementCall = awaited.type === "ChainExpression" ? awaited.expression : awaited;
        this.visit(node.expression);
        return;
      }
      case "VariableDeclaration":
        this.visitVariables(node, node.kind === "var" ? "var" : node.kind === "let" ? "let" : "const");
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.visitFunction(node, false);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.visitClass(node);
        return;
      case "TSEnumDeclaration":
        this.visitEnum(node);
        return;
      case "TSModuleDeclaration":
        this.visitNamespace(node);
        return;
      case "BlockStatement":
        this.inScope(new Scope(this.scope, this.fn, false), () => this.visitAll(node.body));
        return;
      case "SwitchStatement":
        this.visit(node.discriminant);
        this.inScope(new Scope(this.scope, this.fn, false), () => this.visitAll(node.cases));
        return;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        this.visitLoop(node);
        return;
      case "CatchClause":
        return this.inScope(new Scope(this.scope, this.fn, false), () => {
          if (node.param)
            this.bindPattern(node.param, (name, offset) =>
              this.addBinding(this.scope, { name, kind: "catch", offset }),
            );
          this.visit(node.body);
        });
      case "AssignmentExpression":
        this.visitTarget(node.left, node.operator !== "=");
        this.visit(node.right);
        return;
      case "UpdateExpression":
        this.visitTarget(node.argument, true);
        return;
      case "UnaryExpression":
        if (node.operator === "delete") {
          this.visitTarget(node.argument, false);
          return;
        }
        this.visitOperand(node.argument);
        return;
      case "BinaryExpression":
        if (node.left.type !== "PrivateIdentifier") this.visitOperand(node.left);
        this.visitOperand(node.right);
        return;
      case "TemplateLiteral":
        for (const expression of node.expressions) this.visitOperand(expression);
        return;
      case "MemberExpression":
        this.visitMember(node, "read");
        return;
      case "CallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        this.visitCall(node);
        return;
      case "ImportExpression":
        this.visitImportExpression(node);
        return;
      case "Property":
        if (node.computed) this.visit(node.key);
        this.visit(node.value);
        return;
      case "JSXElement":
      case "JSXFragment":
        this.visitJsx(node);
        return;
      case "Decorator":
        this.visitDecorator(node);
        return;
      default:
        this.visitChildren(node);
    }
  }

  protected visitChildren(node: Node): void {
    const fields = node as unknown as Readonly<Record<string, unknown>>;
    for (const name in fields) {
      const value = fields[name];
      if (value === null || typeof value !== "object" || !counts(name)) continue;
      if (Array.isArray(value)) this.visitAll(value);
      else if (isNode(value)) this.visit(value);
    }
  }

  /** What is assigned: a name, or what a name holds. `reads` where the old value counts. */
  protected visitTarget(given: Node, reads: boolean): void {
    const node = withoutTypes(given);
    switch (node.type) {
      case "Identifier":
        if (reads) this.refer(node.name, node.start, { safe: true });
        this.refer(node.name, node.start, { use: "write" });
        return;
      case "MemberExpression":
        this.visitMember(node, "mutate");
        return;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") this.visitTarget(property.argument, false);
          else {
            if (property.computed) this.visit(property.key);
            this.visitTarget(property.value, false);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of node.elements) if (element) this.visitTarget(element, false);
        return;
      case "AssignmentPattern":
        this.visitTarget(node.left, false);
        this.visit(node.right);
        return;
      case "RestElement":
        this.visitTarget(node.argument, false);
        return;
      default:
        this.visit(node);
    }
  }

  /** An operand: its value is used up on the spot. */
  protected visitOperand(given: Node): void {
    const node = withoutTypes(given);
    if (node.type === "Identifier" && node.name !== "arguments") this.refer(node.name, node.start, { safe: true });
    else this.visit(node);
  }
}
