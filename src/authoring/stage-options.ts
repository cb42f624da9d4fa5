import { milliseconds } from "../core/duration.ts";
import type { Check, Retries, StageNode, ThreadExecutor } from "../core/node.ts";
import { bytesOfSize } from "../core/size.ts";
import { aString, type Declaring, isRecord, kindOf, type OptionRules, oneOf } from "./declaration.ts";
import type { ExecutorOption, StageOptions } from "./stage-types.ts";

const aDuration = 'milliseconds from 0, or a text like "30s" or "1.5h" (ms, s, m, h, d, w)';

/** What the options of a stage must be. */
export const stageRules: OptionRules = {
  cache: oneOf("default", "recompute", "disable", "ignore"),
  format: (value) => (typeof value === "string" && value !== "" ? undefined : "the name of a format"),
  formatOptions: () => undefined,
  output: (value) => (isPath(value) ? undefined : "a path"),
  outputs: (value) =>
    isRecord(value) && Object.values(value).every(isPath) && Object.keys(value).every(isOutputName)
      ? undefined
      : "an object of paths by name (names have letters, digits, - and _)",
  version: aString,
  timeout: positiveDuration,
  retries: wantedRetries,
  pool: wantedPool,
  executor: wantedExecutor,
  maxAge: (value) => (milliseconds(value) === undefined ? aDuration : undefined),
  check: (value) => (isCheck(value) || (Array.isArray(value) && value.every(isCheck)) ? undefined : wantedCheck),
};

/** The options of a stage, after {@link stageRules} has passed them, with the defaults; paths are left to the caller. */
export function settingsOf(
  declaring: Declaring,
  options: StageOptions<unknown>,
): Pick<
  StageNode,
  "cache" | "format" | "formatOptions" | "version" | "timeout" | "retries" | "pool" | "executor" | "maxAge" | "checks"
> {
  checkTogether(declaring, options);
  const { version, timeout, pool, maxAge } = options;
  return {
    cache: options.cache ?? "default",
    format: options.format ?? "auto",
    formatOptions: options.formatOptions ?? null,
    retries: retriesOf(options.retries),
    checks: checksOf(declaring, options.check),
    ...(version === undefined ? {} : { version }),
    ...(timeout === undefined ? {} : { timeout: milliseconds(timeout)! }),
    ...(maxAge === undefined ? {} : { maxAge: milliseconds(maxAge)! }),
    ...(pool === undefined ? {} : { pool: typeof pool === "string" ? { name: pool } : { ...pool } }),
    ...executorOf(options.executor),
  };
}

function checkTogether(declaring: Declaring, { format, output, outputs, formatOptions }: StageOptions<unknown>): void {
  if (outputs === undefined) return;
  if (Object.keys(outputs).length === 0) declaring.wrong(`option "outputs" of ${declaring.what}() names no file`);
  if (output !== undefined) {
    declaring.wrong("a stage cannot have both output and outputs", "name the file in outputs");
  }
  if (format !== undefined || formatOptions !== undefined) {
    declaring.wrong("a stage with outputs has no format: its function writes the files itself");
  }
}

export function retriesOf(given: StageOptions<unknown>["retries"]): Retries {
  const { times, delay, factor, maxDelay } = typeof given === "object" ? given : { times: given ?? 0 };
  return {
    times,
    delay: milliseconds(delay) ?? 1000,
    factor: factor ?? 2,
    maxDelay: milliseconds(maxDelay) ?? 60_000,
  };
}

function executorOf(given: StageOptions<unknown>["executor"]): Pick<StageNode, "executor"> {
  const executor = executorIn(given ?? "inline");
  return executor === "inline" ? {} : { executor };
}

/** An executor that has passed {@link stageRules}. */
export function executorIn(given: ExecutorOption): "inline" | ThreadExecutor {
  const { kind, memory } = typeof given === "object" ? given : { kind: given };
  if (kind === "inline") return kind;
  return { kind, ...(memory === undefined ? {} : { memory: bytesOfSize(memory)! }) };
}

type GivenCheck = ((value: unknown) => unknown) | (Pick<Check, "name" | "test"> & Partial<Pick<Check, "level">>);

function checksOf(declaring: Declaring, given: unknown): readonly Check[] {
  if (given === undefined) return [];
  const list = (Array.isArray(given) ? given : [given]) as readonly GivenCheck[];
  const checks = list.map((check, index): Check => {
    if (typeof check !== "function") return { name: check.name, level: check.level ?? "fail", test: check.test };
    // A literal `check: (value) => ...` is called after its property, which says nothing.
    const name = check.name === "" || check.name === "check" ? `check ${index + 1}` : check.name;
    return { name, level: "fail", test: check as Check["test"] };
  });
  const twice = checks.find(({ name }, index) => checks.findIndex((other) => other.name === name) !== index);
  if (twice) declaring.wrong(`two checks are called ${kindOf(twice.name)}`, "give one of them another name");
  return checks;
}

const wantedCheck = "a function, a { name, test, level } with level fail or warn, or an array of these";

function isCheck(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (!isRecord(value) || !onlyHas(value, ["name", "test", "level"])) return false;
  const { name, test, level } = value;
  const levelled = level === undefined || level === "fail" || level === "warn";
  return typeof name === "string" && name !== "" && typeof test === "function" && levelled;
}

function positiveDuration(value: unknown): string | undefined {
  const ms = milliseconds(value);
  return ms !== undefined && ms > 0 ? undefined : aDuration.replace("from 0", "above 0");
}

function wantedRetries(value: unknown): string | undefined {
  if (isCount(value)) return undefined;
  const wanted = "a whole number from 0, or { times, delay, factor, maxDelay }";
  if (!isRecord(value) || !onlyHas(value, ["times", "delay", "factor", "maxDelay"]) || !isCount(value.times))
    return wanted;
  const { delay, factor, maxDelay } = value;
  if ([delay, maxDelay].some((given) => given !== undefined && milliseconds(given) === undefined)) return wanted;
  const growing = factor === undefined || (typeof factor === "number" && Number.isFinite(factor) && factor >= 1);
  return growing ? undefined : `${wanted} with a factor from 1`;
}

function wantedPool(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return undefined;
  const wanted = "a name, or { name, limit } with a whole number from 1";
  if (!isRecord(value) || !onlyHas(value, ["name", "limit"])) return wanted;
  const { name, limit } = value;
  if (typeof name !== "string" || name === "") return wanted;
  return limit === undefined || (isCount(limit) && limit > 0) ? undefined : wanted;
}

/** Less than this, and the thread ends before it has loaded a pipeline. */
const leastMemory = 64_000_000;

function wantedExecutor(value: unknown): string | undefined {
  if (value === "inline" || value === "thread") return undefined;
  const wanted = '"inline", "thread", or { kind: "thread", memory } with a size from 64 MB, like "512MB"';
  if (!isRecord(value) || !onlyHas(value, ["kind", "memory"]) || value.kind !== "thread") return wanted;
  return value.memory === undefined || (bytesOfSize(value.memory) ?? 0) >= leastMemory ? undefined : wanted;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

/** Names of outputs become property names, names of artifacts and parts of paths. */
function isOutputName(name: string): boolean {
  return /^[\p{L}\p{N}_-]{1,100}$/u.test(name) && name !== "__proto__";
}

function onlyHas(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}
