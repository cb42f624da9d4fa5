import { counts, isErased, isNode, jsxText, type Node, withoutTypes } from "./syntax.ts";

/**
 * The text of code as far as it can change what the code does. Two pieces of code have the same normal form if they differ
 * in comments, white space, quotes, parentheses, trailing commas, semicolons, the spelling of literals, or types. The form
 * is injective: every name and string is quoted, every list has its brackets.
 */
export function normalForm(...nodes: readonly Node[]): string {
  let text = "";
  for (const node of nodes) text += formOf(node);
  return text;
}

function formOf(given: Node): string {
  const node = withoutTypes(given);
  switch (node.type) {
    case "Literal":
      return literalForm(node);
    case "Identifier":
      return `$${quote(node.name)}${node.decorators ? listForm(node.decorators, "@") : ""}`;
    case "JSXIdentifier":
      return `$${quote(node.name)}`;
    case "PrivateIdentifier":
      return `#${quote(node.name)}`;
    case "TemplateElement":
      return `\`${quote(node.value.cooked ?? "")}`;
    case "TaggedTemplateExpression":
      // A tag sees how its text is spelt.
      return fieldsForm(node) + quote(node.quasi.quasis.map(({ value }) => quote(value.raw)).join());
    case "JSXText":
      return `t${quote(jsxText(node.value))}`;
    case "JSXAttribute": {
      const { name, value } = node;
      // Entities in the text of an attribute are only in its spelling.
      const text = value?.type === "Literal" ? quote(value.raw ?? "") : value ? formOf(value) : "";
      return `JSXAttribute{${formOf(name)}${text}}`;
    }
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      return memberForm(node as Member);
    case "TSEnumMember":
      return `TSEnumMember{${keyForm(node.id)}${node.initializer ? formOf(node.initializer) : ""}}`;
    case "TSEnumDeclaration":
      return `TSEnumDeclaration{${formOf(node.id)}${listForm(node.body.members)}}`;
    case "TSParameterProperty":
      return `TSParameterProperty{${formOf(node.parameter)}${listForm(node.decorators, "@")}}`;
    default:
      return fieldsForm(node);
  }
}

type Member = Node & { readonly key: Node; readonly computed: boolean };

function memberForm(node: Member): string {
  const key = node.computed ? `[${formOf(node.key)}]` : keyForm(node.key);
  // `{ __proto__ }` makes a property, `{ __proto__: __proto__ }` sets the prototype.
  const shorthand = node.type === "Property" && node.shorthand && isProto(node.key) ? "shorthand" : "";
  return `${node.type}{${key}${shorthand}${restForm(node)}}`;
}

function isProto(key: Node): boolean {
  return key.type === "Identifier" && key.name === "__proto__";
}

/** A name of a property: `a`, `"a"` and, for numbers, every spelling are the same. */
function keyForm(key: Node): string {
  if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number"))
    return `$${quote(String(key.value))}`;
  return formOf(key);
}

function literalForm(node: Extract<Node, { type: "Literal" }>): string {
  if ("regex" in node) return `r${quote(node.regex.pattern)}${quote(node.regex.flags)}`;
  if ("bigint" in node) return `n${node.bigint}`;
  return typeof node.value === "string" ? quote(node.value) : `l${node.value}`;
}

function fieldsForm(node: Node): string {
  return `${node.type}{${restForm(node)}}`;
}

/** All fields but those of which more is to be said. */
function restForm(node: Node): string {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of namesOfRest(node.type, fields)) text += fieldForm(name, fields[name]);
  return text;
}

/** The names of these fields, in order. Nodes of a type mostly have the same fields as the one before. */
function namesOfRest(type: string, fields: object): readonly string[] {
  const latest = latestNames.get(type);
  if (latest && hasNames(fields, latest.names)) return latest.rest;
  const names = Object.keys(fields);
  const rest = names.filter((name) => counts(name) && isRest(type, name)).sort();
  latestNames.set(type, { names, rest });
  return rest;
}

function isRest(type: string, name: string): boolean {
  // `optional` is a type's question mark, except in `a?.b` and `a?.()`.
  if (name === "optional") return type === "MemberExpression" || type === "CallExpression";
  const isOfMember = name === "key" || name === "computed" || name === "shorthand";
  return !(isOfMember && /^(?:Property|MethodDefinition|PropertyDefinition|AccessorProperty)$/.test(type));
}

const latestNames = new Map<string, { readonly names: readonly string[]; readonly rest: readonly string[] }>();

function hasNames(fields: object, names: readonly string[]): boolean {
  let at = 0;
  for (const name in fields) if (name !== names[at++]) return false;
  return at === names.length;
}

function fieldForm(name: string, value: unknown): string {
  // What is not there is not written, so that a parser may learn new kinds of syntax without changing what old code means.
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return listForm(value, name);
  if (isNode(value)) return `${name}:${formOf(value)}`;
  return `${name}:${typeof value === "string" ? quote(value) : String(value)};`;
}

function listForm(items: readonly (Node | null)[], name = ""): string {
  let text = "";
  for (const item of items) {
    if (item === null) text += "hole,";
    else if (!isErased(item)) text += `${formOf(item)},`;
  }
  return text === "" ? "" : `${name}[${text}]`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
