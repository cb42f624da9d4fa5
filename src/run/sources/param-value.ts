import { fail } from "../../core/failure.ts";
import { type ParamSource, type ParamType, placeOf } from "../../core/node.ts";

/**
 * Reads the text that a person gave for a parameter (`--set name=text`), by the type of the parameter.
 * @throws SluiceError `invalid-parameter`
 */
export function parseParam(name: string, param: ParamSource, text: string): unknown {
  switch (typeOf(param)) {
    case "string":
      return text;
    case "number": {
      const number = /^\s*$/.test(text) ? Number.NaN : Number(text);
      if (Number.isFinite(number)) return number;
      return wrong(name, param, text, "a number");
    }
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      return wrong(name, param, text, "true or false");
    case "bigint":
      if (/^[+-]?\d+n?$/.test(text)) return BigInt(text.replace(/^\+|n$/g, ""));
      return wrong(name, param, text, "a whole number");
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        return wrong(name, param, text, "JSON");
      }
  }
}

/**
 * Checks a value that a run sets, which may come from code that no compiler has seen.
 * @throws SluiceError `invalid-parameter`
 */
export function checkParam(name: string, param: ParamSource, value: unknown): void {
  const type = typeOf(param);
  if (type === "json" || typeof value === type) return;
  wrong(name, param, value, article[type]);
}

function typeOf({ type, fallback }: ParamSource): ParamType {
  if (type !== undefined) return type;
  const given = typeof fallback?.value;
  switch (given) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return given;
    case "undefined":
      return "string";
    default:
      return "json";
  }
}

const article: Readonly<Record<ParamType, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  bigint: "a bigint",
  json: "JSON",
};

function wrong(name: string, param: ParamSource, given: unknown, wanted: string): never {
  const where = placeOf(param);
  const shown = param.secret ? "what was given" : typeof given === "string" ? JSON.stringify(given) : String(given);
  return fail("invalid-parameter", `parameter "${name}" must be ${wanted}, not ${shown}`, {
    node: name,
    ...(where ? { where } : {}),
  });
}
