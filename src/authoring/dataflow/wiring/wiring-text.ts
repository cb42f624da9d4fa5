import { functionSite } from "../../../analyse/captured/function-site.ts";
import type { Place } from "../../../core/failure.ts";
import { type AnyFunction, type FlowInput, type FlowNode, isJoined } from "../graph/flow-node.ts";
import type { Slot } from "../graph/parameters.ts";
import { Appended } from "./appended.ts";
import type { Collected, CollectedNode } from "./collect.ts";
import { type FunctionSources, slotOf } from "./function-syntax.ts";
import type { GivenModules } from "./given-modules.ts";
import { knownInputsType, moduleType } from "./module-types.ts";
import { innermost, type NodeFunction } from "./origin.ts";
import { loadedHelpers, loadedType, type OwnNode, ownNodeOf } from "./own-nodes.ts";
import { typeOfValue } from "./value-type.ts";

/** A parameter with what gives it. */
export interface Wire {
  readonly node: string;
  readonly parameter: string;
  readonly where?: Required<Place>;
  readonly giver: { readonly name: string; readonly where?: Place };
  /** Whether it gets an input of which nothing is known but who reads it. */
  readonly isOpen: boolean;
  /** The number of the function that takes it. */
  readonly fn: number;
  /** The types `T` and `G` of this number are what is taken and what is given. */
  readonly number: number;
}

/** A part of the text, from and up to these offsets. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly wire: Wire;
}

/** A module in which the functions of a dataflow call each other, as far as types go. */
export interface WiringText {
  readonly text: string;
  readonly appended: Appended;
  /** Statements that do not compile where a parameter does not take what it gets. */
  readonly wires: readonly Span[];
  /** By the number of a function: the arguments of its call. What a generic function takes depends on all of them. */
  readonly calls: ReadonlyMap<number, readonly Span[]>;
  /** Statements that do not compile where no value suits all who read an input. */
  readonly shared: readonly (Span & { readonly wires: readonly Wire[] })[];
  /** Whether there is a type `Known` of the inputs. */
  readonly isKnown: boolean;
}

const helpers = `type Member<T, Name> = T extends unknown ? (Name extends keyof T ? T[Name] : any) : never;
type Argument<F, Index extends number> = F extends (...args: infer Args) => unknown ? Args[Index] : any;
type IsAny<T> = 0 extends 1 & T ? true : false;
type Either<T, Other> = IsAny<T> extends true ? Other : T;
type Told<T> = unknown extends T ? any : T;
type Made<M, Name> = IsAny<M> extends true ? any : Told<Member<NodesOf<M>, Name>>;
type Column<T, Name> = IsAny<T> extends true ? any[] : Told<ColumnOf<T, Name>[number]>[];
type Given<F> = F extends (...args: never) => infer Result ? Awaited<Result> : any;
type Item<T> = T extends readonly (infer Each)[] ? Each : any;
type IsNever<T> = [T] extends [never] ? true : false;
${loadedHelpers}`;

/**
 * Writes it.
 * @param types absolute path of the module that declares Sluice's own types
 */
export function wiringText(
  collected: Collected,
  given: GivenModules,
  sources: FunctionSources,
  types: string,
): WiringText {
  const writer = new Writer(collected, given, sources);
  writer.line(
    `import type { ColumnOf, FlowResult, LoadedAs, NodesOf, SavedFile } from ${JSON.stringify(types)};\n${helpers}`,
  );
  return writer.write();
}

/** A statement's name for a node, by its number in their order. */
type Variable = `n${number}` | `x${number}`;

class Writer {
  readonly #collected: Collected;
  readonly #given: GivenModules;
  readonly #sources: FunctionSources;
  readonly #appended = new Appended();
  readonly #wires: Span[] = [];
  readonly #calls = new Map<number, Span[]>();
  readonly #variables: Map<string, Variable>;
  /** Of inputs of which nothing is known: who reads them. */
  readonly #readers = new Map<string, Wire[]>();
  #known: string | undefined;
  #text = "";

  constructor(collected: Collected, given: GivenModules, sources: FunctionSources) {
    this.#collected = collected;
    this.#given = given;
    this.#sources = sources;
    this.#variables = new Map([...collected.nodes.keys()].map((name, index) => [name, `n${index}`]));
  }

  write(): WiringText {
    for (const [index, module] of this.#given.modules.entries()) {
      this.line(`type M${index} = ${moduleType(module, this.#sources, this.#appended)};`);
    }
    this.#known = knownInputsType(this.#given.known.at(-1), this.#sources, this.#appended);
    if (this.#known) this.line(`type Known = ${this.#known};`);
    for (const [number, each] of [...this.#collected.nodes.values()].entries()) this.#node(number, each);
    return {
      shared: [...this.#readers.values()].flatMap((wires) => this.#sharedInput(wires)),
      text: this.#text,
      appended: this.#appended,
      wires: this.#wires,
      calls: this.#calls,
      isKnown: this.#known !== undefined,
    };
  }

  /** Where it is in the text. */
  line(text: string): { readonly from: number; readonly to: number } {
    const from = this.#text.length;
    this.#text += `${text}\n`;
    return { from, to: this.#text.length };
  }

  #node(number: number, each: CollectedNode): void {
    const { node, module, exported } = each;
    const own = `Member<M${module}, ${JSON.stringify(exported)}>`;
    if (isJoined(node)) this.line(`declare const n${number}: Made<{ node: ${own} }, "node">;`);
    else if (!each.function) {
      const known = this.#ownType(ownNodeOf(node));
      const maker = `{ ${JSON.stringify(exported)}: ${this.#exportType(node, module, own)} }`;
      this.line(`declare const n${number}: ${known ?? `Made<${maker}, ${JSON.stringify(node.name)}>`};`);
    } else {
      this.line(`type F${number} = ${this.#functionType(node, each.function, module, own)};`);
      const wires = this.#wiresOf(number, each, each.function);
      this.#call(number, each.function.slots, wires);
      // What a generic function gives is unknown where what it gets is; of others it makes no difference.
      const isGeneric = this.#sources.function(node.site)?.isGeneric === true;
      const unknown = isGeneric ? [...wires.values()].map((wire) => `IsAny<G${wire.number}>`) : [];
      const made = madeBy(node, number);
      const all = unknown.length === 0 ? made : `true extends ${unknown.join(" | ")} ? any : ${made}`;
      this.line(`declare const n${number}: ${all};`);
    }
  }

  /** What a node gives that Sluice makes; undefined where that does not tell. */
  #ownType(own: OwnNode | undefined): string | undefined {
    if (!own) return undefined;
    if ("of" in own) {
      const variable = this.#variables.get(own.of);
      const name = JSON.stringify(own.name);
      return variable && `${own.does === "field" ? "Member" : "Column"}<typeof ${variable}, ${name}>`;
    }
    if ("by" in own) {
      const syntax = this.#sources.function(own.by);
      return syntax && `Given<${this.#appended.typeOf(syntax.file, syntax.expression)}>`;
    }
    return "reading" in own ? loadedType(own) : "SavedFile";
  }

  #functionType(node: FlowNode, { isExported }: NodeFunction, module: number, own: string): string {
    return isExported ? this.#exportType(node, module, own) : this.#written(node);
  }

  /** By the type of the module, where that is known; else by where the function is written. */
  #exportType(node: FlowNode, module: number, own: string): string {
    return this.#given.modules[module]!.file === undefined ? `Either<${own}, ${this.#written(node)}>` : own;
  }

  #written({ site }: FlowNode): string {
    const syntax = this.#sources.function(site);
    return syntax ? this.#appended.typeOf(syntax.file, syntax.expression) : "any";
  }

  #wiresOf(fn: number, each: CollectedNode, { slots }: NodeFunction): ReadonlyMap<string, Wire> {
    const wires = new Map<string, Wire>();
    const node = each.node as FlowNode;
    const syntax = this.#sources.function(node.site);
    for (const [parameter, inputs] of byParameter(node, slots)) {
      const { slot, member } = slotOf(slots, parameter)!;
      const number = this.#wires.length;
      const argument = `Argument<F${fn}, ${slot}>`;
      const taken = member === undefined ? argument : `Member<NonNullable<${argument}>, ${JSON.stringify(member)}>`;
      this.line(`type T${number} = ${taken};`);
      // Explained as what it is, not by the name of the type.
      this.line(
        `declare const g${number}: ${this.#typeGiven(parameter, inputs, `T${number}`)};\ntype G${number} = typeof g${number};`,
      );
      const [{ from }] = inputs as [FlowInput];
      const wire: Wire = {
        node: node.name,
        parameter,
        ...(syntax ? { where: syntax.parameter(slot, member) } : {}),
        giver: this.#giverOf(inputs, each),
        isOpen: "name" in from && this.#isOpen(from.name),
        fn,
        number,
      };
      wires.set(parameter, wire);
      this.#wires.push({ ...this.line(`const w${number}: T${number} = g${number};`), wire });
      if (wire.isOpen && "name" in from) {
        this.#readers.set(from.name, [...(this.#readers.get(from.name) ?? []), wire]);
      }
    }
    return wires;
  }

  /** What the function gives for these arguments. */
  #call(fn: number, slots: readonly Slot[], wires: ReadonlyMap<string, Wire>): void {
    const spans: Span[] = [];
    this.line(`declare const f${fn}: F${fn};`);
    this.#text += `const r${fn} = f${fn}(`;
    const argument = (name: string, before: string): void => {
      const wire = wires.get(name);
      const from = this.#text.length;
      if (wire) this.#text += `${before}g${wire.number}, `;
      else if (before === "") this.#text += "undefined as never, ";
      if (wire) spans.push({ from, to: this.#text.length, wire });
    };
    for (const slot of slots) {
      if (!("members" in slot)) argument(slot.name, "");
      else {
        this.#text += "{ ";
        for (const { name } of slot.members) argument(name, `${JSON.stringify(name)}: `);
        this.#text += "}, ";
      }
    }
    this.line(");");
    this.#calls.set(fn, spans);
  }

  /** The type of what a parameter gets: of one thing, or of the members of a group by their places in a list or by their names. */
  #typeGiven(parameter: string, inputs: readonly FlowInput[], taken: string): string {
    const [first] = inputs as [FlowInput];
    if (first.name === parameter) return this.#loadedAs(first, taken) ?? this.#typeOf(first);
    const members = inputs.map((input) => [input.name.slice(parameter.length + 1), this.#typeOf(input)] as const);
    // Groups in groups are not told from members whose names have dots.
    if (members.some(([key]) => key.includes("."))) return "any";
    return members.every(([key], index) => key === String(index))
      ? `[${members.map(([, type]) => type).join(", ")}]`
      : `{ ${members.map(([key, type]) => `${JSON.stringify(key)}: ${type}`).join("; ")} }`;
  }

  /** Rows of a file are what they are taken as, so far as their format can give that. */
  #loadedAs({ from, collected }: FlowInput, taken: string): string | undefined {
    const node = "name" in from && !collected ? this.#collected.nodes.get(from.name)?.node : undefined;
    const own = node && !isJoined(node) ? ownNodeOf(node) : undefined;
    return own && "reading" in own ? loadedType(own, taken) : undefined;
  }

  #typeOf(input: FlowInput): string {
    const type = this.#typeOfOne(input);
    return input.collected ? `(${type})[]` : type;
  }

  #typeOfOne({ from }: FlowInput): string {
    if ("value" in from) return typeOfValue(from.value);
    const known = this.#variables.get(from.name);
    if (known) return `typeof ${known}`;
    const variable: Variable = `x${this.#variables.size}`;
    this.#variables.set(from.name, variable);
    this.line(`declare const ${variable}: ${this.#inputType(from.name)};`);
    return `typeof ${variable}`;
  }

  #inputType(name: string): string {
    const given = this.#configured(name);
    if (given) return typeOfValue(given.value);
    return this.#known ? `Member<Known, ${JSON.stringify(name)}>` : "any";
  }

  #configured(name: string): { readonly value: unknown } | undefined {
    const { config } = this.#given;
    return Object.hasOwn(config, name) && config[name] !== undefined ? { value: config[name] } : undefined;
  }

  #isOpen(name: string): boolean {
    return !this.#collected.nodes.has(name) && !this.#known && !this.#configured(name);
  }

  #sharedInput(wires: readonly Wire[]): WiringText["shared"] {
    if (wires.length < 2) return [];
    const types = wires.map(({ number }) => `NonNullable<T${number}>`);
    // One that nothing suits is not the fault of the others.
    const [alone, together] = [types.map((type) => `IsNever<${type}>`).join(" | "), `IsNever<${types.join(" & ")}>`];
    const name = `s${wires[0]!.number}`;
    const at = this.line(`const ${name}: [${alone}] extends [false] ? ${together} : false = false;`);
    return [{ ...at, wire: wires[0]!, wires }];
  }

  #giverOf(inputs: readonly FlowInput[], reader: CollectedNode): Wire["giver"] {
    const names = inputs.flatMap(({ from }) => ("name" in from ? [from.name] : []));
    const [name] = names;
    if (name === undefined) {
      const where = this.#placeOfExport(reader);
      return { name: "a plain value", ...(where ? { where } : {}) };
    }
    const node = this.#collected.nodes.get(name)?.node;
    if (!node || inputs.length > 1) return { name: inputs.length > 1 ? `the group of ${names.join(", ")}` : name };
    const site = isJoined(node) ? node.definition.site : node.site;
    const [frame] = site();
    const where =
      (isJoined(node) ? undefined : this.#sources.function(site)?.where) ??
      frame?.written ??
      (frame && { file: frame.file, line: frame.line, column: frame.column });
    return { name, ...(where ? { where } : {}) };
  }

  /** Where the export is that makes a node of a function which is written elsewhere: a subdag, a pipe. */
  #placeOfExport({ module, exported, function: own }: CollectedNode): Place | undefined {
    const fn = own?.isExported ? undefined : innermost(this.#given.modules[module]!.exports[exported]);
    return typeof fn === "function" ? this.#sources.function(functionSite(fn as AnyFunction))?.where : undefined;
  }
}

/** What those get that read a node: of one that runs for each item of a list what it gives for one, of the list itself one of it. */
function madeBy({ isParallel, depth }: FlowNode, number: number): string {
  // What says that it is in a branch says of its type that there is a list.
  if (depth) return `FlowResult<() => void, typeof r${number}>`;
  const made = `FlowResult<F${number}, typeof r${number}>`;
  return isParallel ? `Item<${made}>` : made;
}

/** The inputs of a node by the parameter that gets them: one each, or the members of a group. */
function byParameter(node: FlowNode, slots: readonly Slot[]): ReadonlyMap<string, readonly FlowInput[]> {
  const found = new Map<string, FlowInput[]>();
  for (const input of node.inputs) {
    // A name that a parameter has is that parameter, dots or not.
    const isParameter = slotOf(slots, input.name) !== undefined;
    const dot = input.name.indexOf(".");
    const parameter = isParameter || dot < 0 ? input.name : input.name.slice(0, dot);
    if (slotOf(slots, parameter)) found.set(parameter, [...(found.get(parameter) ?? []), input]);
  }
  return found;
}
