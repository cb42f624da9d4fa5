/*
 * What of JavaScript's own functions is known to change nothing but what it returns. Whatever is not named here is taken to
 * change whatever it can get at.
 */

/** Methods of arrays, strings, numbers, maps and sets that only look. A user's own method of such a name is held to it. */
const lookingMethods = new Set(
  `at bind charAt charCodeAt codePointAt concat endsWith entries every filter find findIndex findLast findLastIndex flat
  flatMap forEach get getDate getDay getFullYear getHours getMonth getTime has hasOwnProperty includes indexOf isSubsetOf join
  keys lastIndexOf localeCompare map match matchAll normalize padEnd padStart reduce reduceRight repeat replace replaceAll
  search slice some split startsWith substring toFixed toISOString toJSON toLocaleLowerCase toLocaleString toLocaleUpperCase
  toLowerCase toPrecision toReversed toSorted toSpliced toString toUpperCase trim trimEnd trimStart union intersection
  difference values valueOf with`.split(/\s+/),
);

export function isLookingMethod(name: string | undefined): boolean {
  return name !== undefined && lookingMethods.has(name);
}

/** Whether a call only looks, as far as its method's name tells. Whose value is thrown away is called for what it does. */
export function isLookingCall(call: { readonly method?: string | undefined; readonly isStatement: boolean }): boolean {
  return isLookingMethod(call.method) && !(call.isStatement && call.method !== "forEach");
}

/** Methods and functions that call the functions that they are given. */
const callingBack = new Set(
  `catch every filter finally find findIndex findLast findLastIndex flatMap forEach from fromAsync groupBy map nextTick parse
  queueMicrotask reduce reduceRight replace replaceAll setImmediate setInterval setTimeout some sort stringify then toSorted
  Promise`.split(/\s+/),
);

export function callsBack(name: string): boolean {
  return callingBack.has(name);
}

/** Global functions that only compute; with a dot, methods of global objects. */
const computing = new Set(
  `Array.from Array.isArray Array.of BigInt BigInt.asIntN BigInt.asUintN Boolean Buffer.alloc Buffer.byteLength Buffer.concat
  Buffer.from Date.UTC Date.now Date.parse JSON.parse JSON.stringify Number Number.isFinite Number.isInteger Number.isNaN
  Number.isSafeInteger Number.parseFloat Number.parseInt Object.entries Object.fromEntries Object.getOwnPropertyNames
  Object.getPrototypeOf Object.groupBy Object.hasOwn Object.is Object.isFrozen Object.keys Object.values Map.groupBy
  Promise.all Promise.allSettled Promise.race Promise.reject Promise.resolve RegExp.escape String String.fromCharCode
  String.fromCodePoint String.raw Symbol Symbol.for URL.canParse URL.parse atob btoa decodeURI decodeURIComponent encodeURI
  encodeURIComponent isFinite isNaN parseFloat parseInt performance.now structuredClone`.split(/\s+/),
);

/** Global functions that act, but not on the user's values nor on what other code can tell. */
const harmless = new Set(
  `clearImmediate clearInterval clearTimeout console performance queueMicrotask setImmediate setInterval
  setTimeout`.split(/\s+/),
);

/** Whether a call of a global changes nothing of the user's: `Object.keys(x)`, `Math.max(x)`, `console.log(x)`. */
export function isPureGlobal(name: string, method: string | undefined): boolean {
  if (harmless.has(name)) return true;
  if (name === "process") return !/^(?:chdir|emit|loadEnvFile|umask)$/.test(method ?? "");
  if (name === "Math") return true;
  if (name === "Intl" || name === "Reflect")
    return name === "Intl" || method === "ownKeys" || method === "has" || method === "get";
  return computing.has(method === undefined ? name : `${name}.${method}`);
}

/** Built-in classes whose instances are made of what they are given, without changing it. */
const builtInClasses = new Set(
  `AbortController AggregateError Array ArrayBuffer BigInt64Array BigUint64Array Blob Boolean DataView Date Error EvalError
  Float32Array Float64Array Headers Int16Array Int32Array Int8Array Intl Map Number Object RangeError ReferenceError RegExp
  Set SharedArrayBuffer String SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array
  Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet`.split(/\s+/),
);

/** Those of them whose instances may show, or be, what they are given. */
const showing = /^(?:Object|DataView|\w*Array)$/;

/** Whether a new instance shares nothing with what it is made of, besides what that holds. */
export function isOwnInstance(name: string, args: number): boolean {
  return isBuiltInClass(name) && (args === 0 || !showing.test(name) || name === "Array");
}

export function isBuiltInClass(name: string): boolean {
  return builtInClasses.has(name);
}

/** Names of functions that are called to set something up, although they may give a value too. */
const settingUp =
  /^(?:add|alias|apply|attach|bind|bootstrap|config|disable|enable|extend|init|inject|install|load|locale|mixin|mount|on[A-Z]|override|patch|plugin|polyfill|register|reset|set|setup|start|subscribe|use)(?![a-z])|^(?:config|register|extend|install|init)/;

export function isSettingUp(name: string): boolean {
  return settingUp.test(name);
}

/** Global functions that change what they are given, and nothing else. */
const changingArguments = new Set(
  `Object.assign Object.defineProperties Object.defineProperty Object.freeze Object.preventExtensions Object.seal
  Object.setPrototypeOf Reflect.defineProperty Reflect.deleteProperty Reflect.set Reflect.setPrototypeOf`.split(/\s+/),
);

export function changesOnlyArguments(name: string, method: string | undefined): boolean {
  return changingArguments.has(`${name}.${method}`);
}
