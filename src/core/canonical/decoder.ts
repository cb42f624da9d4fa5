import { fail } from "../failure.ts";
import type { FileRef } from "../file-ref.ts";
import type { RowsRef } from "../rows-ref.ts";
import { classNamed } from "../value-class.ts";
import {
  ArrayBuild,
  type Build,
  EntryBuild,
  ErrorBuild,
  InstanceBuild,
  MemberBuild,
  PropertyBuild,
  pending,
  type ReadShape,
} from "./builds.ts";
import { isOpen } from "./identity.ts";
import { leafTagged } from "./leaves.ts";
import type { Reader } from "./reader.ts";
import { errorTypes, isInteger32, maxShapeKeys, Tag } from "./scheme.ts";
import { ShapeTable } from "./shapes.ts";

export interface DecodeOptions {
  /** Makes the handle for a file that the value refers to; a new one at each call. */
  readonly reviveFile?: (ref: FileRef) => unknown;
  /** The same for rows. */
  readonly reviveRows?: (ref: Pick<RowsRef, "version" | "count">) => unknown;
  /** Told of what cannot be read by itself: a reference to another object, an instance of a registered class, a handle. */
  readonly onBound?: () => never;
}

const longestArray = 2 ** 32 - 1;

/** Reads values. The containers that are not finished are on a stack of its own, so that no depth is too deep. */
export class Decoder {
  readonly input: Reader;
  readonly #options: DecodeOptions;
  readonly #open: Build[] = [];
  /** The objects by their numbers; `pending` for an instance whose parts are still being read. */
  readonly #met: unknown[] = [];
  readonly #shapes: ReadShape[] = [];
  readonly #shapeTable = new ShapeTable();
  /** The numbers of the instances of registered classes on the stack. */
  readonly #classes: number[] = [];

  /** Missing elements of arrays that may still take room: as many in all as there are bytes. */
  #holesWithRoom: number;

  constructor(input: Reader, options: DecodeOptions) {
    this.input = input;
    this.#holesWithRoom = input.left;
    this.#options = options;
  }

  /** The keys of the shapes that were numbered so far, by their numbers. */
  get shapes(): readonly ReadShape[] {
    return this.#shapes;
  }

  /** Numbers a shape that was defined in bytes that are not read. */
  addShape(keys: readonly string[]): void {
    const known = this.#shapeTable.find(keys);
    if (known.index >= 0) throw new Error("a shape is numbered twice");
    this.#shapeTable.number(known);
    this.#shapes.push(readShape(keys));
  }

  /** Forgets the objects that were met: what comes next stands by itself, but for the shapes. */
  forget(): void {
    this.#met.length = 0;
  }

  /** Reads a value and all that is in it. */
  read(): unknown {
    let value = this.value();
    const open = this.#open;
    while (open.length > 0) {
      const build = open[open.length - 1]!;
      if (!build.go(this)) continue;
      value = build.finish(this);
      open.pop();
      open[open.length - 1]?.take(value, this);
    }
    return value;
  }

  /** Reads a value, but of a container only its beginning: then the result is `pending` and its build is on top of the stack. */
  value(): unknown {
    const { input } = this;
    const tag = input.byte();
    switch (tag) {
      case Tag.String:
      case Tag.String16:
        return input.textAfter(tag);
      case Tag.Natural:
      case Tag.Negative:
      case Tag.Double:
      case Tag.NaN:
        return input.number(tag);
      case Tag.Undefined:
        return undefined;
      case Tag.Null:
        return null;
      case Tag.False:
        return false;
      case Tag.True:
        return true;
      case Tag.BigIntPositive:
      case Tag.BigIntNegative:
        return input.bigint(tag);
      case Tag.Reference:
        return this.#reference();
      case Tag.Object:
        return this.#record({});
      case Tag.NullObject:
        return this.#record(Object.create(null));
      case Tag.Array:
        return this.#array();
      case Tag.Integers:
        return this.#integers();
      case Tag.Doubles:
        return this.#doubles();
      case Tag.Map: {
        const map = new Map();
        return this.#push(new EntryBuild(this.#meet(map), map, input.count(2)));
      }
      case Tag.Set: {
        const set = new Set();
        return this.#push(new MemberBuild(this.#meet(set), set, input.count(1)));
      }
      case Tag.Error:
        return this.#error();
      case Tag.Class:
        return this.#instance();
      case Tag.File:
        return this.#file();
      case Tag.Rows:
        return this.#rows();
      default: {
        const value = (leafTagged(tag) ?? input.corrupt(`unknown tag ${tag}`)).read(input);
        this.#meet(value);
        return value;
      }
    }
  }

  /** The instance of this number was made. */
  completeInstance(number: number, value: object): void {
    this.#met[number] = value;
    this.#classes.pop();
  }

  /** Whether so many missing elements may take room in memory. */
  hasRoomFor(holes: number): boolean {
    if (holes > this.#holesWithRoom) return false;
    this.#holesWithRoom -= holes;
    return true;
  }

  #meet(value: unknown): number {
    return this.#met.push(value) - 1;
  }

  #push(build: Build): typeof pending {
    this.#open.push(build);
    return pending;
  }

  #reference(): unknown {
    this.#options.onBound?.();
    const number = this.input.varint();
    if (number >= this.#met.length) this.input.corrupt("a reference to nothing");
    const innermost = this.#classes.at(-1);
    if (innermost !== undefined && number <= innermost && isOpen(this.#open, number))
      this.input.corrupt("a cycle through an instance of a registered class");
    return this.#met[number];
  }

  #record(target: Record<string, unknown>): typeof pending {
    const number = this.#meet(target);
    return this.#push(new PropertyBuild(number, target, this.#shape()));
  }

  #shape(): ReadShape {
    const { input } = this;
    const index = input.varint();
    if (index < this.#shapes.length) return this.#shapes[index]!;
    if (index > this.#shapes.length) input.corrupt("a reference to no shape");
    const count = input.count(2);
    const keys: string[] = [];
    for (let i = 0; i < count; i++) keys.push(input.text());
    if (!isKeyOrder(keys)) input.corrupt("keys that no object has in this order");
    const shape = readShape(keys);
    if (count <= maxShapeKeys) {
      const known = this.#shapeTable.find(keys);
      if (known.index >= 0) input.corrupt("a shape that was there before");
      this.#shapeTable.number(known);
      this.#shapes.push(shape);
    }
    return shape;
  }

  #array(): typeof pending {
    const length = this.input.varint();
    if (length > longestArray) this.input.corrupt("an array too long");
    const array: unknown[] = [];
    return this.#push(new ArrayBuild(this.#meet(array), array, length));
  }

  #integers(): number[] {
    const { input } = this;
    const array: number[] = [];
    this.#meet(array);
    const length = input.count(1);
    if (length === 0) input.corrupt("a list of no numbers");
    for (let i = 0; i < length; i++) {
      const zigzag = input.varint();
      if (zigzag > 0xffffffff) input.corrupt("a number too large");
      array.push((zigzag >>> 1) ^ -(zigzag & 1));
    }
    return array;
  }

  #doubles(): number[] {
    const { input } = this;
    const array: number[] = [];
    this.#meet(array);
    const length = input.count(8);
    let integers = true;
    for (let i = 0; i < length; i++) {
      const value = input.double();
      integers &&= isInteger32(value);
      array.push(value);
    }
    if (integers) input.corrupt("a list of numbers in the wrong form");
    return array;
  }

  #error(): typeof pending {
    const { input } = this;
    const type = errorTypes[input.byte()] ?? input.corrupt("an unknown kind of error");
    const error = blankError(type);
    const number = this.#meet(error);
    const { keys } = this.#shape();
    if (keys.includes("stack")) input.corrupt("an error with a stack");
    const enumerable = Uint8Array.from(keys, () => (input.flag() ? 1 : 0));
    return this.#push(new ErrorBuild(number, error, keys, enumerable));
  }

  #instance(): typeof pending {
    this.#options.onBound?.();
    const name = this.input.text();
    const registered = classNamed(name);
    if (!registered) {
      fail(
        "unsupported-value",
        `the value holds an instance of a class ${JSON.stringify(name)} that is not registered here`,
        {
          hint: "import the module that registers the class before the value is read",
        },
      );
    }
    const number = this.#meet(pending);
    this.#classes.push(number);
    return this.#push(new InstanceBuild(number, registered));
  }

  #file(): unknown {
    this.#options.onBound?.();
    const { input } = this;
    const origin = input.flag() ? "store" : "project";
    const name = input.text();
    const size = input.varint();
    const digest = input.raw(32).toString("hex");
    const executable = input.flag();
    const revive = this.#options.reviveFile;
    if (!revive) {
      fail(
        "unsupported-value",
        `the value holds a file handle (${JSON.stringify(name)}), and nothing here makes file handles`,
        {
          hint: "give decode() a `reviveFile`",
        },
      );
    }
    const handle = revive({ origin, name, size, digest, executable });
    this.#meet(handle);
    return handle;
  }

  #rows(): unknown {
    this.#options.onBound?.();
    const { input } = this;
    const version = input.raw(32).toString("hex");
    const count = input.varint();
    const revive = this.#options.reviveRows;
    if (!revive) {
      fail("unsupported-value", "the value holds a handle of rows, and nothing here makes such handles", {
        hint: "give decode() a `reviveRows`",
      });
    }
    const handle = revive({ version, count });
    this.#meet(handle);
    return handle;
  }
}

function readShape(keys: readonly string[]): ReadShape {
  return { keys, assignable: !keys.some((key) => key in Object.prototype) };
}

/** An error without properties, but for a stack without frames. */
function blankError(type: (typeof errorTypes)[number]): Error {
  const error = type === AggregateError ? new AggregateError([]) : new (type as ErrorConstructor)();
  for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key);
  Object.defineProperty(error, "stack", { value: type.name, writable: true, configurable: true });
  return error;
}

/** Whether an object can have these keys, all different, in this order: array indexes come first and ascend. */
function isKeyOrder(keys: readonly string[]): boolean {
  const probe: Record<string, true> = Object.create(null);
  for (const key of keys) probe[key] = true;
  const real = Object.keys(probe);
  return real.length === keys.length && real.every((key, i) => key === keys[i]);
}
