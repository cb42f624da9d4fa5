import { literalText, type Node } from "../syntax/syntax.ts";
import { plain } from "./module-origins.ts";
import { propertyName } from "./pattern.ts";

/*
 * What depends on the language or the time zone that the machine is set to. Only the name of a method is known, not what it is
 * a method of, so all of it is only worth a note.
 */

/** Methods of dates that read or write in local time, and have a sister in UTC. */
const localMethods = new Set(
  `getFullYear getMonth getDate getDay getHours getMinutes getTimezoneOffset getYear setFullYear setMonth setDate setHours
  setMinutes toDateString toTimeString`.split(/\s+/),
);

/** Methods whose first argument is a language; and where the second has the time zone, what is looked for in it. */
const languageMethods: Readonly<Record<string, { readonly at: number; readonly zone: boolean }>> = {
  toLocaleString: { at: 0, zone: false },
  toLocaleDateString: { at: 0, zone: true },
  toLocaleTimeString: { at: 0, zone: true },
  localeCompare: { at: 1, zone: false },
};

const dateHint = "use its UTC sister";
const languageHint = 'name the language: ("en"), and for dates the time zone: ("en", { timeZone: "UTC" })';

/** Why a method of this name, called so, depends on the machine; undefined if it does not. */
export function localMethodHint(method: string, args: readonly Node[]): string | undefined {
  if (localMethods.has(method)) return `${dateHint}: ${sisterOf(method)}`;
  const rule = Object.hasOwn(languageMethods, method) ? languageMethods[method] : undefined;
  if (!rule) return undefined;
  return isNamed(args[rule.at]) && (!rule.zone || hasTimeZone(args[rule.at + 1])) ? undefined : languageHint;
}

/** The same for `new Intl.DateTimeFormat(...)` and its like. */
export function intlHint(name: string, args: readonly Node[]): string | undefined {
  if (name === "getCanonicalLocales" || name === "supportedValuesOf" || name === "Locale") return undefined;
  return isNamed(args[0]) && (name !== "DateTimeFormat" || hasTimeZone(args[1])) ? undefined : languageHint;
}

/** The same for `new Date(...)`: parts of a date, or a text with a time and no time zone, are taken to be local. */
export function localDateHint(args: readonly Node[]): string | undefined {
  const [first] = args;
  if (args.some(({ type }) => type === "SpreadElement")) return undefined;
  if (args.length > 1) return "use Date.UTC(...)";
  const text = literalText(first);
  if (text === undefined || /^[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?$/.test(text)) return undefined;
  return /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)\s*$/i.test(text) ? undefined : "end the text with its time zone: Z is UTC";
}

function sisterOf(method: string): string {
  if (method === "toDateString" || method === "toTimeString") return "toISOString() or toUTCString()";
  if (method === "getTimezoneOffset") return "there is none: name the time zone";
  return `${method.slice(0, 3)}UTC${method.slice(3).replace(/^Year$/, "FullYear")}()`;
}

function isNamed(node: Node | undefined): boolean {
  if (!node) return false;
  const inner = plain(node);
  return !(inner.type === "Identifier" && inner.name === "undefined") && inner.type !== "SpreadElement";
}

function hasTimeZone(node: Node | undefined): boolean {
  if (!node) return false;
  const inner = plain(node);
  // Options that are made elsewhere may have it.
  if (inner.type !== "ObjectExpression") return true;
  return inner.properties.some(
    (property) => property.type === "SpreadElement" || propertyName(property) === "timeZone",
  );
}
