import { types } from "node:util";
import { isDigest } from "../digest.ts";
import { fail, failureOf } from "../failure.ts";
import { type FileRef, fileRefOf } from "../file-ref.ts";
import { type RowsRef, rowsRefOf } from "../rows-ref.ts";
import { classOf, proxyClassOf, type RegisteredClass } from "../value-class.ts";
import { surveyArray } from "./array-survey.ts";
import { errorKindOf } from "./built-in.ts";
import { Identity, isOpen } from "./identity.ts";
import { extraProperty, impostor, plainData, type Refusal } from "./leaf.ts";
import { leafOf } from "./leaves.ts";
import { extraKey } from "./own-keys.ts";
import { maxShapeKeys, Tag } from "./scheme.ts";
import { ShapeTable } from "./shapes.ts";
import { pathText, propertyStep, refusalOf, refuse, type Step } from "./unversionable.ts";
import { ElementWalk, EntryWalk, MemberWalk, PartsWalk, PropertyWalk, SparseWalk, type Walk } from "./walks.ts";
import type { Writer } from "./writer.ts";

export interface EncodeOptions {
  /**
   * How an object that is reached twice counts: as the same object (default), or as copies, as in a tree format such as
   * JSON. With `"expand"` a cycle is an error `unsupported-value`, and a graph that branches and joins again many times
   * grows as its tree does.
   */
  readonly shared?: "reference" | "expand";
  /** Told of every file handle met (see core/file-ref.ts); of one that is reached twice once, unless expanded. */
  readonly onFile?: (ref: FileRef) => void;
  /** Told of every handle of rows met (see core/rows-ref.ts), as `onFile` is of files. */
  readonly onRows?: (ref: RowsRef) => void;
  /**
   * What to do about instances of classes that have versions and cannot be decoded: refuse them, or be told and go on; go on
   * unless given.
   */
  readonly versionOnly?: "refuse" | (() => void);
  /** The way from the result to what is written, for messages. */
  readonly above?: readonly Step[];
}

// a third of the time of a property descriptor
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as {
  __lookupGetter__(this: object, key: string): unknown;
};

/** Writes values. The containers that are open are on a stack of its own, so that no depth is too deep. */
export class Encoder {
  readonly out: Writer;
  readonly #options: EncodeOptions;
  readonly #open: Walk[] = [];
  readonly #shapes = new ShapeTable();
  /** The objects met so far; undefined when shared objects are expanded. */
  readonly #met: Identity | undefined;
  /** When shared objects are expanded: the containers on the stack. */
  readonly #ancestors = new Set<object>();
  /** The numbers of the instances of registered classes on the stack. */
  readonly #classes: number[] = [];

  constructor(out: Writer, options: EncodeOptions = {}) {
    this.out = out;
    this.#options = options;
    this.#met = options.shared === "expand" ? undefined : new Identity();
  }

  /** Forgets what was written, for another document. */
  reset(): void {
    this.#shapes.reset();
    this.#lastIndex = -1;
    this.forget();
  }

  /** Writes a value and all that is in it. */
  write(value: unknown): void {
    this.value(value);
    const open = this.#open;
    while (open.length > 0) {
      const walk = open[open.length - 1]!;
      if (!walk.go(this)) continue;
      open.pop();
      if (!this.#met) this.#ancestors.delete(walk.target);
    }
  }

  /** Writes a value, but of a container only its beginning: then the result is true and its walk is on top of the stack. */
  value(value: unknown): boolean {
    switch (typeof value) {
      case "string":
        this.out.text(value);
        return false;
      case "number":
        this.out.number(value);
        return false;
      case "boolean":
        this.out.byte(value ? Tag.True : Tag.False);
        return false;
      case "undefined":
        this.out.byte(Tag.Undefined);
        return false;
      case "bigint":
        this.out.bigint(value);
        return false;
      case "object":
        if (value !== null) return this.#object(value);
        this.out.byte(Tag.Null);
        return false;
      default:
        return this.refuse(refusalOf(value));
    }
  }

  /**
   * Writes the elements of an array up to one that is a container, of which only the beginning is written (false), or to the end (true).
   * What {@link value} does of each, with fewer calls for what there is most of: plain objects.
   */
  elements(walk: ElementWalk): boolean {
    const { target, length } = walk;
    const met = this.#met;
    const isAtStart = walk.next === 0;
    let isRow = false;
    while (walk.next < length) {
      const value = target[walk.next++];
      if (met === undefined || typeof value !== "object" || value === null) {
        if (this.value(value)) return false;
        continue;
      }
      // Where the first object holds no others, the rest of them mostly do not either.
      if (isAtStart && walk.next === 2) isRow = met.beginRow(target, 1);
      const known = isRow ? met.meetNext(walk.next - 1) : met.meet(value);
      if (known !== undefined) this.#reference(known);
      else if (this.#container(value)) return false;
    }
    return true;
  }

  /** @throws SluiceError `unversionable` with the path to the value that is being written */
  refuse(refusal: Refusal, ...further: Step[]): never {
    refuse([...this.#path(), ...further], refusal);
  }

  /** Forgets the objects that were met: what is written next stands by itself, but for the shapes. */
  forget(): void {
    this.#met?.clear();
  }

  leaveClass(): void {
    this.#classes.pop();
  }

  #path(): Step[] {
    return [...(this.#options.above ?? []), ...this.#open.map((walk) => walk.step())];
  }

  #object(value: object): boolean {
    if (this.#met) {
      const known = this.#met.meet(value);
      if (known !== undefined) return this.#reference(known);
    } else if (this.#ancestors.has(value)) {
      fail("unsupported-value", `${pathText(this.#path())} leads back to a value that it is in`, {
        hint: "use the format `auto`, which keeps cycles",
      });
    }
    return this.#container(value);
  }

  /** An object that is met for the first time. */
  #container(value: object): boolean {
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) {
      // Plain objects call themselves nothing, so this costs them one look.
      const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
      const proxy = tag === undefined ? undefined : proxyClassOf(value);
      return proxy ? this.#instance(value, proxy) : this.#record(value, Tag.Object);
    }
    if (Array.isArray(value)) return prototype === Array.prototype ? this.#array(value) : this.refuse(refusalOf(value));
    if (prototype === null) return this.#record(value, Tag.NullObject);
    const leaf = leafOf(prototype);
    if (leaf) {
      const refusal = leaf.refuse(value);
      if (refusal) this.refuse(refusal);
      this.out.byte(leaf.tag);
      leaf.write(this.out, value);
      return false;
    }
    if (prototype === Map.prototype) return this.#map(value);
    if (prototype === Set.prototype) return this.#set(value);
    const errorKind = errorKindOf(prototype);
    if (errorKind !== undefined) return this.#error(value, errorKind);
    const registered = classOf(prototype);
    if (registered) return this.#instance(value, registered);
    return this.#handle(value) ?? this.refuse(refusalOf(value));
  }

  /** Undefined when the value is no handle. */
  #handle(value: object): false | undefined {
    const file = fileRefOf(value);
    if (file) return this.#file(file);
    const rows = rowsRefOf(value);
    return rows && this.#rows(rows);
  }

  /** An instance of a registered class is made from its parts, so none of its parts can lead back to it, or to what it is in. */
  #reference(number: number): false {
    const innermost = this.#classes.at(-1);
    if (innermost !== undefined && number <= innermost && isOpen(this.#open, number)) {
      this.refuse({
        what: "leads back to a value that it is in, through an instance of a registered class",
        hint: "leave the way back out of what the class's `encode` gives",
      });
    }
    this.out.byte(Tag.Reference);
    this.out.varint(number);
    return false;
  }

  #push(walk: Walk): true {
    if (!this.#met) this.#ancestors.add(walk.target);
    this.#open.push(walk);
    return true;
  }

  get #number(): number {
    return this.#met ? this.#met.last : -1;
  }

  #record(value: object, tag: number): boolean {
    // A proxy is asked once. Of other objects the two lists are there in a third of the time that one of all keys takes.
    const isProxy = types.isProxy(value);
    const keys = isProxy ? (Reflect.ownKeys(value) as string[]) : Object.getOwnPropertyNames(value);
    const symbol = (isProxy ? (keys as readonly (string | symbol)[]) : Object.getOwnPropertySymbols(value)).at(-1);
    if (typeof symbol === "symbol") return this.#handle(value) ?? this.#refuseSymbol(symbol);
    const { length } = keys;
    const { out } = this;
    if (this.#lastIndex >= 0 && isSame(keys, this.#lastKeys)) out.tagged(tag, this.#lastIndex);
    else {
      out.byte(tag);
      this.#shape(keys);
    }
    // Most objects hold nothing but primitives. What a proxy says of a property may be another thing than what it gives.
    const isPlain = !isProxy && Object.keys(value).length === length;
    for (let i = 0; i < length; i++) {
      const key = keys[i]!;
      if (isPlain && lookupGetter.call(value, key) === undefined) {
        const property = (value as Readonly<Record<string, unknown>>)[key];
        if (typeof property === "string") out.text(property);
        else if (typeof property === "number") out.number(property);
        else if (typeof property === "boolean" || typeof property === "bigint" || property === null)
          this.value(property);
        // a property with a setter only reads as undefined
        else return this.#push(new PropertyWalk(value, this.#number, keys, false, i));
      } else return this.#push(new PropertyWalk(value, this.#number, keys, false, i));
    }
    return false;
  }

  #shape(keys: readonly string[]): void {
    const { out } = this;
    const shape = keys.length <= maxShapeKeys ? this.#shapes.find(keys) : undefined;
    if (shape && shape.index >= 0) out.varint(shape.index);
    else {
      out.varint(this.#shapes.size);
      out.varint(keys.length);
      for (const key of keys) out.text(key);
      if (shape) this.#shapes.number(shape);
    }
    this.#lastKeys = keys;
    this.#lastIndex = shape?.index ?? -1;
  }
  /** Of the last object: the next one mostly has the same keys. */
  #lastKeys: readonly string[] = [];
  /** -1 for what is not numbered. */
  #lastIndex = -1;

  #array(value: readonly unknown[]): boolean {
    const { out } = this;
    const survey = surveyArray(value);
    if (survey.accessor !== undefined)
      this.refuse({ what: "is a getter or setter", hint: plainData }, propertyStep(survey.accessor));
    const extra = extraProperty(survey.extra, "an array");
    if (extra) this.refuse(extra);
    out.byte(survey.elements === "integers" ? Tag.Integers : survey.elements === "doubles" ? Tag.Doubles : Tag.Array);
    out.varint(value.length);
    switch (survey.elements) {
      case "integers":
        for (const number of value as number[]) out.varint(((number << 1) ^ (number >> 31)) >>> 0);
        return false;
      case "doubles":
        for (const number of value as number[]) out.double(number);
        return false;
      case "sparse":
        return this.#push(new SparseWalk(value, this.#number, survey.indexes));
      default:
        return this.#push(new ElementWalk(value, this.#number));
    }
  }

  #map(value: object): boolean {
    if (!types.isMap(value)) this.refuse(impostor("Map"));
    const extra = extraProperty(extraKey(value, 0), "a Map");
    if (extra) this.refuse(extra);
    this.out.byte(Tag.Map);
    this.out.varint(value.size);
    return this.#push(new EntryWalk(value as Map<unknown, unknown>, this.#number));
  }

  #set(value: object): boolean {
    if (!types.isSet(value)) this.refuse(impostor("Set"));
    const extra = extraProperty(extraKey(value, 0), "a Set");
    if (extra) this.refuse(extra);
    this.out.byte(Tag.Set);
    this.out.varint(value.size);
    return this.#push(new MemberWalk(value, this.#number));
  }

  /** The stack is left out: it holds paths of this machine and positions in the code. */
  #error(value: object, kind: number): boolean {
    if (!types.isNativeError(value)) this.refuse(impostor("Error"));
    const keys: string[] = [];
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === "symbol") this.#refuseSymbol(key);
      if (key !== "stack") keys.push(key);
    }
    this.out.byte(Tag.Error);
    this.out.byte(kind);
    this.#shape(keys);
    for (const key of keys) this.out.byte(Object.prototype.propertyIsEnumerable.call(value, key) ? 1 : 0);
    return this.#push(new PropertyWalk(value, this.#number, keys, true));
  }

  #refuseSymbol(key: symbol): never {
    this.refuse(
      { what: "is a property named by a symbol", hint: `${plainData}: name it by a string` },
      propertyStep(key),
    );
  }

  #instance(value: object, registered: RegisteredClass): boolean {
    if (registered.versionOnly) this.#meetVersionOnly(registered);
    this.out.byte(Tag.Class);
    this.out.text(registered.name);
    const number = this.#number;
    this.#classes.push(number);
    return this.#push(new PartsWalk(value, number, registered.name, this.#parts(value, registered)));
  }

  #meetVersionOnly({ name }: RegisteredClass): void {
    const { versionOnly } = this.#options;
    if (versionOnly !== "refuse") return versionOnly?.();
    this.refuse({
      what: `has a version and cannot be stored: only its ${name} is registered`,
      hint: "say how it is stored with registerClass(), or keep the result out of the cache with the behaviour `disable` or `ignore`",
    });
  }

  #parts(value: object, { name, encode }: RegisteredClass): unknown {
    try {
      return encode(value);
    } catch (error) {
      const own = failureOf(error);
      if (own) refuse(this.#path(), { what: own.message, hint: own.hint ?? plainData }, error);
      const what = `cannot be taken apart: the \`encode\` of the registered class ${name} threw ${String(error)}`;
      refuse(this.#path(), { what, hint: "mend the class's `encode`" }, error);
    }
  }

  #rows(ref: RowsRef): false {
    const { version, count } = ref;
    if (!isDigest(version) || !Number.isSafeInteger(count) || count < 0)
      throw new TypeError("a handle of rows with an invalid reference");
    this.out.byte(Tag.Rows);
    this.out.raw(Buffer.from(version, "hex"));
    this.out.varint(count);
    this.#options.onRows?.(ref);
    return false;
  }

  #file(ref: FileRef): false {
    const { origin, name, size, digest, executable } = ref;
    if ((origin !== "project" && origin !== "store") || typeof name !== "string" || typeof executable !== "boolean")
      throw new TypeError("a file handle with an invalid reference");
    if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0)
      throw new TypeError("a file handle with an invalid reference");
    const { out } = this;
    out.byte(Tag.File);
    out.byte(origin === "store" ? 1 : 0);
    out.text(name);
    out.varint(size);
    out.raw(Buffer.from(digest, "hex"));
    out.byte(executable ? 1 : 0);
    this.#options.onFile?.(ref);
    return false;
  }
}

function isSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== others[i]) return false;
  return true;
}
