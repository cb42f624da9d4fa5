import { literalText, type Node, type NodeOf } from "../syntax/syntax.ts";
import { hintFor } from "./input-kind.ts";
import type { FoundUse } from "./input-use.ts";
import type { KnownInput } from "./known-inputs.ts";
import { localDateHint } from "./local-time.ts";
import { plain } from "./module-origins.ts";
import { handlesIn, type PathFlow, type PathFlows } from "./path-flow.ts";
import { propertyName } from "./pattern.ts";

type CallUse = Pick<FoundUse, "level" | "hint" | "handles"> & Partial<Pick<FoundUse, "kind">>;

/** What a call of something known comes to; undefined where its arguments make it harmless. */
export function callInput(
  known: KnownInput,
  call: NodeOf<"CallExpression" | "NewExpression" | "TaggedTemplateExpression">,
  paths: PathFlows,
): CallUse | undefined {
  const { kind, name } = known;
  const args: readonly Node[] = call.type === "TaggedTemplateExpression" ? [] : call.arguments;
  if (name === "Date") {
    // Without `new` it is always now.
    if (args.length === 0 || call.type === "CallExpression") return plainly(kind);
    const hint = localDateHint(args);
    return hint === undefined ? undefined : { kind: "locale", level: "note", hint };
  }
  if (name === "sqlite.DatabaseSync" && literalText(args[0]) === ":memory:") return undefined;
  // It parses the arguments of the process unless it is given others.
  if (name === "util.parseArgs" && args[0] && optionOf(args[0], "args")) return undefined;
  if (kind === "database") return ofFile(paths.of(args[0]), () => hintFor(kind));
  if (kind !== "file") return plainly(kind);
  const [first, second] = args;
  if (first && isNumber(first, 0)) return { ...plainly("process"), kind: "process" };
  if (/^fs\.open(?:Sync)?$/.test(name) && /^[wax]/.test(literalText(second) ?? "")) return undefined;
  return ofFile(paths.of(folderOf(name, second) ?? first), () => fileHint(name, literalText(first)));
}

function plainly(kind: KnownInput["kind"]): Pick<FoundUse, "level" | "hint"> {
  return { level: "warning", hint: hintFor(kind) };
}

function ofFile(flow: PathFlow, hint: () => string): CallUse | undefined {
  if (flow === "declared") return undefined;
  if (flow === "constant") return { level: "warning", hint: hint() };
  const fine = "fine if the path is a handle's or lies in `context.tmp` or `context.outputs`";
  const handles = handlesIn(flow);
  return { level: "note", hint: `${fine}; else ${hint()}`, ...(handles ? { handles } : {}) };
}

/** Patterns are relative to the option `cwd`. */
function folderOf(name: string, options: Node | undefined): Node | undefined {
  return name.startsWith("fs.glob") && options ? optionOf(options, "cwd") : undefined;
}

function optionOf(options: Node, name: string): Node | undefined {
  const node = plain(options);
  if (node.type !== "ObjectExpression") return undefined;
  for (const property of node.properties) {
    if (property.type !== "SpreadElement" && propertyName(property) === name) return property.value;
  }
  return undefined;
}

function fileHint(name: string, text: string | undefined): string {
  if (text === undefined) return hintFor("file");
  const quoted = JSON.stringify(text);
  if (/readdir|opendir/.test(name)) return `declare it as an input with dir(${quoted}), and read its files`;
  const make = name.startsWith("fs.glob") ? "glob" : "file";
  return `declare it as an input with ${make}(${quoted}), and read the handle`;
}

function isNumber(given: Node, value: number): boolean {
  const node = plain(given);
  return node.type === "Literal" && node.value === value;
}
