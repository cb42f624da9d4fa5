import { counts, isErased, isNode, jsxText, type Node, withoutTypes } from "./syntax.ts";

/**
 * The text of code as far as it can change what the code does. Two pieces of code have the same normal form if they differ
 * in comments, white space, quotes, parentheses, trailing commas, semicolons, the spelling of literals, or types. The form
 * is injective: every name and string is quoted, every list has its brackets.
 */
export function normalForm(...nodes: readonly Node[]): string {
  const out: string[] = [];
  for (const node of nodes) writeNode(node, out);
  return out.join("");
}

function writeNode(given: Node, out: string[]): void {
  const node = withoutTypes(given);
  switch (node.type) {
    case "Literal":
      writeLiteral(node, out);
      return;
    case "Identifier":
    case "PrivateIdentifier":
    case "JSXIdentifier":
      out.push(node.type === "PrivateIdentifier" ? "#" : "$", quote(node.name));
      if (node.type === "Identifier" && node.decorators) writeList(node.decorators, out, "@");
      return;
    case "TemplateElement":
      out.push("`", quote(node.value.cooked ?? ""));
      return;
    case "TaggedTemplateExpression":
      // A tag sees how its text is spelt.
      writeFields(node, out);
      out.push(quote(node.quasi.quasis.map(({ value }) => quote(value.raw)).join()));
      return;
    case "JSXText":
      out.push("t", quote(jsxText(node.value)));
      return;
    case "JSXAttribute":
      // Entities in the text of an attribute are only in its spelling.
      out.push("JSXAttribute{");
      writeNode(node.name, out);
      if (node.value)
        node.value.type === "Literal" ? out.push(quote(node.value.raw ?? "")) : writeNode(node.value, out);
      out.push("}");
      return;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      writeMember(node as Member, out);
      return;
    case "TSEnumMember":
      out.push("TSEnumMember{");
      writeKey(node.id, out);
      if (node.initializer) writeNode(node.initializer, out);
      out.push("}");
      return;
    case "TSEnumDeclaration":
      out.push("TSEnumDeclaration{");
      writeNode(node.id, out);
      writeList(node.body.members, out);
      out.push("}");
      return;
    case "TSParameterProperty":
      out.push("TSParameterProperty{");
      writeNode(node.parameter, out);
      writeList(node.decorators, out, "@");
      out.push("}");
      return;
    default:
      writeFields(node, out);
      return;
  }
}

type Member = Node & { readonly key: Node; readonly computed: boolean };

function writeMember(node: Member, out: string[]): void {
  out.push(node.type, "{");
  if (node.computed) {
    out.push("[");
    writeNode(node.key, out);
    out.push("]");
  } else writeKey(node.key, out);
  // `{ __proto__ }` makes a property, `{ __proto__: __proto__ }` sets the prototype.
  if (node.type === "Property" && node.shorthand && isProto(node.key)) out.push("shorthand");
  writeRest(node, out, memberSkip);
  out.push("}");
}

const memberSkip: ReadonlySet<string> = new Set(["key", "computed", "shorthand", "optional"]);

function isProto(key: Node): boolean {
  return key.type === "Identifier" && key.name === "__proto__";
}

/** A name of a property: `a`, `"a"` and, for numbers, every spelling are the same. */
function writeKey(key: Node, out: string[]): void {
  if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number")) {
    out.push("$", quote(String(key.value)));
  } else writeNode(key, out);
}

function writeLiteral(node: Extract<Node, { type: "Literal" }>, out: string[]): void {
  if ("regex" in node) out.push("r", quote(node.regex.pattern), quote(node.regex.flags));
  else if ("bigint" in node) out.push("n", node.bigint);
  else if (typeof node.value === "string") out.push(quote(node.value));
  else out.push("l", String(node.value));
}

const noSkip: ReadonlySet<string> = new Set();

function writeFields(node: Node, out: string[]): void {
  out.push(node.type, "{");
  writeRest(node, out, noSkip);
  out.push("}");
}

function writeRest(node: Node, out: string[], skip: ReadonlySet<string>): void {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  // `optional` is a type's question mark, except in `a?.b` and `a?.()`.
  const chain = node.type === "MemberExpression" || node.type === "CallExpression";
  for (const name of countingNames(node.type, fields)) {
    if (skip.has(name) || (name === "optional" && !chain)) continue;
    writeField(name, fields[name], out);
  }
}

/** The names of fields that count, in order. Nodes of a type mostly have the same fields as the one before. */
function countingNames(type: string, fields: object): readonly string[] {
  const names = Object.keys(fields);
  const latest = latestNames.get(type);
  if (latest && areSame(latest.names, names)) return latest.counting;
  const counting = names.filter(counts).sort();
  latestNames.set(type, { names, counting });
  return counting;
}

const latestNames = new Map<string, { readonly names: readonly string[]; readonly counting: readonly string[] }>();

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}

function writeField(name: string, value: unknown, out: string[]): void {
  // What is not there is not written, so that a parser may learn new kinds of syntax without changing what old code means.
  if (value === null || value === undefined || value === false) return;
  if (Array.isArray(value)) {
    if (value.length > 0) writeList(value, out, name);
  } else if (isNode(value)) {
    out.push(name, ":");
    writeNode(value, out);
  } else out.push(name, ":", typeof value === "string" ? quote(value) : String(value), ";");
}

function writeList(items: readonly (Node | null)[], out: string[], name = ""): void {
  const kept = items.filter((item) => item === null || !isErased(item));
  if (kept.length === 0) return;
  out.push(name, "[");
  for (const item of kept) {
    if (item === null) out.push("hole");
    else writeNode(item, out);
    out.push(",");
  }
  out.push("]");
}

function quote(text: string): string {
  return JSON.stringify(text);
}
