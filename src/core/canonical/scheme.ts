/*
 * The scheme: what the bytes of a canonical encoding mean.
 *
 *   document  = domain, scheme version (one byte), value
 *   value     = tag (one byte), then what the tag asks for
 *   varint    = LEB128 of 0 .. 2^53-1, in as few bytes as possible
 *   text      = String, varint of bytes, UTF-8          for a well-formed string
 *             | String16, varint of units, UTF-16 LE    for one with a lone surrogate
 *   shape     = varint index of an earlier shape, or the number of shapes so far, then: varint of keys, text for each key.
 *               A shape of more than `maxShapeKeys` keys is not numbered.
 *
 * Every object, of any kind, gets the next number where it first appears, before what is inside it; `Reference` leads back
 * to that number. Numbers of more than one byte are little-endian on every machine. A value has exactly one encoding: where
 * two would be possible, the comment on the tag says which one it is, and decoding refuses the other.
 *
 * Raise `schemeVersion` whenever a byte changes its meaning: it moves all data versions and keys.
 */

export const schemeVersion = 1;

/** What encoded values begin with, so that no other hashed thing is ever equal to one. */
export const valueDomain = "sluice:value";

/** What the parts of a key begin with. */
export const partsDomain = "sluice:parts";

/** What a sequence of rows begins with. */
export const rowsDomain = "sluice:rows";

/** Objects with more keys than this are dictionaries: their keys are not expected a second time. */
export const maxShapeKeys = 64;

export const Tag = {
  Undefined: 1,
  Null: 2,
  False: 3,
  True: 4,
  NaN: 5,
  /** varint; every safe integer from 0 up, but not -0 */
  Natural: 6,
  /** varint of the absolute value; every safe integer below 0 */
  Negative: 7,
  /** IEEE 754 double; every other number, -0 and the infinities included */
  Double: 8,
  /** varint of bytes, magnitude without leading zeros; 0 has none */
  BigIntPositive: 9,
  BigIntNegative: 10,
  String: 11,
  String16: 12,

  /** varint: an object's number */
  Reference: 16,
  /** shape, a value for each key */
  Object: 17,
  /** the same, without a prototype */
  NullObject: 18,
  /** varint of length, then values and holes */
  Array: 19,
  /** inside an array: varint of how many elements are missing here; never two in a row */
  Hole: 20,
  /** varint of length, a zigzag varint each; every array without holes, of 1 or more numbers, all integers of 32 bits but not -0 */
  Integers: 21,
  /** varint of length, a double each; every other array without holes of 1 or more numbers */
  Doubles: 22,
  /** varint of size, key and value of each entry */
  Map: 23,
  /** varint of size, the members */
  Set: 24,
  /** one byte for the constructor, shape, one byte for each key (1: enumerable), the values */
  Error: 25,
  /** text: registered name; then its parts, one value */
  Class: 26,
  /** origin (0 project, 1 store), text: name, varint: size, 32 bytes of digest, executable (0, 1) */
  File: 27,
  /** 32 bytes: the digest of the sequence of the rows, varint: how many there are */
  Rows: 28,

  Date: 32,
  RegExp: 33,
  URL: 34,
  URLSearchParams: 35,
  BooleanObject: 36,
  NumberObject: 37,
  StringObject: 38,
  BigIntObject: 39,

  ArrayBuffer: 48,
  DataView: 49,
  Buffer: 50,
  Int8Array: 51,
  Uint8Array: 52,
  Uint8ClampedArray: 53,
  Int16Array: 54,
  Uint16Array: 55,
  Int32Array: 56,
  Uint32Array: 57,
  Float16Array: 58,
  Float32Array: 59,
  Float64Array: 60,
  BigInt64Array: 61,
  BigUint64Array: 62,
} as const;

/** The error constructors, by the byte that stands for them. */
export const errorTypes = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
] as const;

/** Whether an array element fits `Tag.Integers`. */
export function isInteger32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}
