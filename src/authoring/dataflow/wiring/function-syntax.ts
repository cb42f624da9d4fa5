import type ts from "typescript";
import type { Place } from "../../../core/failure.ts";
import type { Frame, Site } from "../../../core/node.ts";
import type { Slot } from "../graph/parameters.ts";
import type { Compiler } from "./compiler.ts";

/** A function as its author wrote it. */
export interface FunctionSyntax {
  readonly file: string;
  /** Where its name is, or else the function. */
  readonly where: Required<Place>;
  /** How code at the end of its file can name its type, or make a copy of it. */
  readonly expression: string;
  /** Whether its types depend on those of its arguments. */
  readonly isGeneric: boolean;
  /** Where what a slot of its arguments takes is declared, or a member of it. */
  readonly parameter: (slot: number, member?: string) => Required<Place>;
}

/** Reads the author's source of functions, each file once. */
export class FunctionSources {
  readonly #ts: Compiler;
  readonly #files = new Map<string, ts.SourceFile | undefined>();

  constructor(compiler: Compiler) {
    this.#ts = compiler;
  }

  /** The source of a file; undefined where it cannot be read. */
  file(file: string): ts.SourceFile | undefined {
    if (!this.#files.has(file)) {
      const text = this.#ts.sys.readFile(file);
      const parsed = text === undefined ? undefined : this.#ts.createSourceFile(file, text, 99 /* the latest */, true);
      this.#files.set(file, parsed);
    }
    return this.#files.get(file);
  }

  /** The function that is written at a place; undefined where none is found. */
  function(site: Site): FunctionSyntax | undefined {
    const found = this.#at(site);
    if (!found) return undefined;
    const { source, position } = found;
    let fn: ts.SignatureDeclaration | undefined;
    walk(this.#ts, source, position, (node) => {
      if (this.#isFunction(node) && position < (node.body?.getStart() ?? 0)) fn = node;
    });
    return fn && this.#syntaxOf(fn, source);
  }

  /** The call of a method that is made at a place. */
  call(site: Site, method: string): ts.CallExpression | undefined {
    const found = this.#at(site);
    if (!found) return undefined;
    let call: ts.CallExpression | undefined;
    walk(this.#ts, found.source, found.position, (node) => {
      if (!this.#ts.isCallExpression(node) || !this.#ts.isPropertyAccessExpression(node.expression)) return;
      const { name } = node.expression;
      // In a chain the calls lie in each other: that whose name is there is meant.
      if (name.text === method && name.getStart() <= found.position && found.position < name.getEnd()) call = node;
    });
    return call;
  }

  placeOf(node: ts.Node): Required<Place> {
    const source = node.getSourceFile();
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
    return { file: source.fileName, line: line + 1, column: character + 1 };
  }

  #at(site: Site): { readonly source: ts.SourceFile; readonly position: number } | undefined {
    const [frame] = site();
    const place = frame && writtenPlace(frame);
    const source = place && this.file(place.file);
    if (!source || place.line > source.getLineStarts().length) return undefined;
    return { source, position: source.getPositionOfLineAndCharacter(place.line - 1, place.column - 1) };
  }

  #isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
    const { isFunctionDeclaration, isFunctionExpression, isArrowFunction, isMethodDeclaration } = this.#ts;
    return (
      isFunctionDeclaration(node) || isFunctionExpression(node) || isArrowFunction(node) || isMethodDeclaration(node)
    );
  }

  #syntaxOf(fn: ts.SignatureDeclaration, source: ts.SourceFile): FunctionSyntax {
    const named = this.#named(fn);
    const parameters = fn.parameters.filter(({ name }) => name.getText() !== "this");
    return {
      file: source.fileName,
      where: this.placeOf(named?.at ?? fn),
      expression: named?.path ?? `(${fn.getText()})`,
      isGeneric: fn.typeParameters !== undefined,
      parameter: (slot, member) => {
        const parameter = parameters[slot];
        const pattern = parameter?.name;
        const element =
          member !== undefined && pattern && this.#ts.isObjectBindingPattern(pattern)
            ? pattern.elements.find(({ propertyName, name }) => textOf(propertyName ?? name) === member)
            : undefined;
        return this.placeOf(element ?? pattern ?? fn);
      },
    };
  }

  /** How the top level of its file names a function, or what a wrapper made of it; undefined where it does not. */
  #named(fn: ts.SignatureDeclaration): { readonly path: string; readonly at: ts.Node } | undefined {
    const { isFunctionDeclaration, isVariableDeclaration, isPropertyAssignment, isMethodDeclaration, isIdentifier } =
      this.#ts;
    const { isObjectLiteralExpression, isParenthesizedExpression, isAsExpression, isSatisfiesExpression } = this.#ts;
    if (isFunctionDeclaration(fn)) {
      return fn.name && this.#isTopLevel(fn) ? { path: fn.name.text, at: fn.name } : undefined;
    }
    const members: string[] = [];
    let at: ts.Node | undefined;
    if (isMethodDeclaration(fn)) {
      members.unshift(`[${JSON.stringify(textOf(fn.name))}]`);
      at = fn.name;
    }
    for (let inner: ts.Node = fn, node = fn.parent; node; inner = node, node = node.parent) {
      if (isVariableDeclaration(node)) {
        if (!isIdentifier(node.name) || node.initializer !== inner || !this.#isTopLevel(node.parent.parent))
          return undefined;
        return { path: [node.name.text, ...members].join(""), at: at ?? node.name };
      }
      if (isPropertyAssignment(node)) {
        members.unshift(`[${JSON.stringify(textOf(node.name))}]`);
        at ??= node.name;
      } else if (this.#ts.isCallExpression(node)) {
        // A wrapper takes the function last. What it gives, and not the function, is what has this name.
        if (node.arguments.at(-1) !== inner) return undefined;
      } else if (
        !isObjectLiteralExpression(node) &&
        !isParenthesizedExpression(node) &&
        !isAsExpression(node) &&
        !isSatisfiesExpression(node)
      ) {
        return undefined;
      }
    }
    return undefined;
  }

  #isTopLevel(node: ts.Node): boolean {
    return this.#ts.isSourceFile(node.parent);
  }
}

/** Where the author wrote what a frame tells of. */
function writtenPlace({ file, line, column, written }: Frame): Required<Place> {
  return written ?? { file, line, column };
}

function textOf(name: ts.Node): string {
  return "text" in name ? String(name.text) : name.getText();
}

/** Calls for each node in which a position lies, from the outermost in. */
function walk(compiler: Compiler, source: ts.SourceFile, position: number, each: (node: ts.Node) => void): void {
  let node: ts.Node | undefined = source;
  while (node) {
    each(node);
    node = compiler.forEachChild(node, (child) =>
      child.getStart() <= position && position < child.getEnd() ? child : undefined,
    );
  }
}

/** The names of a slot, for those who look for parameters by name: its place, and the member of an object. */
export function slotOf(
  slots: readonly Slot[],
  name: string,
): { readonly slot: number; readonly member?: string } | undefined {
  for (const [slot, each] of slots.entries()) {
    if (!("members" in each)) {
      if (each.name === name) return { slot };
    } else if (each.members.some((member) => member.name === name)) return { slot, member: name };
  }
  return undefined;
}
