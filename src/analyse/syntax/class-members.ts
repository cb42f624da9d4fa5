import type { Class, ClassElement } from "oxc-parser";
import { normalForm } from "./normal-form.ts";
import { isErased, type Node, parseModule } from "./syntax.ts";

/**
 * The members that differ between two texts of one class, in the order of the newer one: `text`, `static of`, `constructor`. None where a
 * text is no class, or where more than members is different: what it extends, decorators, the order of members.
 * @param file that the class is in: the end of its name says the language
 */
export function changedMembers(file: string, before: string, after: string): readonly string[] {
  const [was, now] = [membersOf(file, before), membersOf(file, after)];
  if (!was || !now || was.head !== now.head) return [];
  const names = new Set([...now.members.keys(), ...was.members.keys()]);
  return [...names].filter((name) => was.members.get(name) !== now.members.get(name));
}

interface Members {
  /** What the class is beside its members. */
  readonly head: string;
  /** By their names; those of one name, as a getter and its setter, together. */
  readonly members: ReadonlyMap<string, string>;
}

function membersOf(file: string, text: string): Members | undefined {
  const parsed = parseModule(file, text);
  if ("message" in parsed) return undefined;
  const [statement, ...more] = parsed.program.body;
  const found = statement && more.length === 0 ? classIn(statement) : undefined;
  if (!found) return undefined;
  const members = new Map<string, string>();
  for (const member of found.body.body) {
    if (isErased(member)) continue;
    const name = nameOf(member, text);
    members.set(name, `${members.get(name) ?? ""}${normalForm(member)};`);
  }
  return { head: normalForm({ ...found, body: { ...found.body, body: [] } }), members };
}

function classIn(statement: Node): Class | undefined {
  switch (statement.type) {
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return statement.declaration ? classIn(statement.declaration) : undefined;
    case "VariableDeclaration": {
      const [{ init } = { init: null }, ...more] = statement.declarations;
      return init && more.length === 0 ? classIn(init) : undefined;
    }
    case "ExpressionStatement":
      return classIn(statement.expression);
    case "ClassDeclaration":
    case "ClassExpression":
      return statement;
    default:
      return undefined;
  }
}

function nameOf(member: ClassElement, text: string): string {
  if (member.type === "StaticBlock") return "static block";
  if (!("key" in member)) return member.type;
  const { key, computed } = member;
  const name = computed ? `[${text.slice(key.start, key.end)}]` : text.slice(key.start, key.end);
  return member.static ? `static ${name}` : name;
}
