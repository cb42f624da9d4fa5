import path from "node:path";
import { inspect } from "node:util";
import { captureSite } from "../analyse/calls/site.ts";
import { fail } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import { type Base, definition, type Node, type NodeDefinition, type Site } from "../core/node.ts";

/** What every way to declare a node takes. */
export interface NodeOptions {
  /**
   * The name of the node; else it is called after the export that it is, else after the first node that reads it and the
   * input that it is there (`report.template`).
   */
  readonly name?: string;
  /** For people: shown by `ls`, `show` and in pictures. */
  readonly description?: string;
  /** For people and for selecting nodes. */
  readonly tags?: readonly string[];
}

/** What each option must be: a sentence's end where a value is not that (`must be ...`), else undefined. */
export type OptionRules = Readonly<Record<string, (value: unknown) => string | undefined>>;

/** One call that declares a node, as far as it has been checked. */
export class Declaring {
  /** The function that was called, for messages. */
  readonly what: string;
  readonly site: Site;

  constructor(what: string) {
    this.what = what;
    this.site = captureSite();
  }

  /** The folder of the declaring module; found once, when it is needed. */
  readonly base: Base = () => {
    this.#base ??= folderOf(this.site);
    return this.#base;
  };
  #base: string | undefined;

  /** The options that every node has, after checking all that were given. `undefined` counts as not given. */
  options(given: unknown, rules: OptionRules = {}): NodeOptions {
    if (given === undefined) return {};
    if (!isRecord(given)) this.wrong(`the options of ${this.what}() must be an object, not ${kindOf(given)}`);
    const all = { ...common, ...rules };
    for (const [name, value] of Object.entries(given)) {
      const rule = Object.hasOwn(all, name) ? all[name as keyof typeof all] : undefined;
      if (!rule) {
        const near = nearest(name, Object.keys(all));
        const hint = near ? `did you mean "${near}"?` : `the options are ${Object.keys(all).join(", ")}`;
        this.wrong(`${this.what}() has no option "${name}"`, hint);
      }
      const wanted = value === undefined ? undefined : rule(value);
      if (wanted !== undefined)
        this.wrong(`option "${name}" of ${this.what}() must be ${wanted}, not ${kindOf(value)}`);
    }
    const { name, description, tags } = given as NodeOptions;
    return {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags: [...tags] }),
    };
  }

  wrong(message: string, hint?: string): never {
    const [frame] = this.site();
    const where = frame?.written ?? frame;
    return fail("invalid-definition", message, {
      ...(where === undefined ? {} : { where }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const common: OptionRules = {
  name: (value) => (typeof value === "string" && value !== "" ? undefined : "a string that is not empty"),
  description: aString,
  tags: strings,
};

export function aString(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "a string";
}

export function aBoolean(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "true or false";
}

export function strings(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : "an array of strings";
}

export function oneOf(...words: readonly string[]): (value: unknown) => string | undefined {
  return (value) =>
    words.includes(value as string) ? undefined : `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`;
}

/** Whether a value is an object as a literal makes it. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A value in a few words, for messages. */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length <= 40 ? value : `${value.slice(0, 39)}…`);
  if (typeof value === "function") return definition in value ? "a node" : "a function";
  if (value === null || typeof value !== "object") return String(value);
  if (definition in value) return "a node";
  // A Map, a promise and their like; what is of a class of its own says `Object` here.
  const type = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (type !== "Object" && type !== "Array") return `${/^[AEIO]/.test(type) ? "an" : "a"} ${type}`;
  const isEmpty = (Array.isArray(value) || isRecord(value)) && Object.keys(value).length === 0;
  return `an ${isEmpty ? "empty " : ""}${Array.isArray(value) ? "array" : "object"}`;
}

function folderOf(site: Site): string {
  const [frame] = site();
  // Code from a string or a prompt has no file: then paths start from where the process is.
  return frame && path.isAbsolute(frame.file) ? path.dirname(frame.file) : process.cwd();
}

/** The handle of a node that is not a stage. */
export function handleOf<Value>(node: NodeDefinition): Node<Value> {
  return new SourceHandle(node);
}

class SourceHandle implements Node<never> {
  readonly [definition]: NodeDefinition;

  constructor(node: NodeDefinition) {
    this[definition] = node;
    Object.freeze(this);
  }

  [inspect.custom](): string {
    return describe(this[definition]);
  }
}

/** A node as `console.log` shows it. */
export function describe(node: NodeDefinition): string {
  return node.name === undefined ? `[${node.kind}]` : `[${node.kind} ${JSON.stringify(node.name)}]`;
}
