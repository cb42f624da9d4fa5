import { digestOf } from "../../core/digest.ts";
import type { CompilerSettings } from "../load/compiler-settings.ts";
import { type CodeSummary, type DependencySummary, type Ref, RefFlag } from "./module-summary.ts";
import { normalForm } from "./normal-form.ts";
import type { ModuleScopes } from "./scope-recorder.ts";
import { walkScopes } from "./scope-walker.ts";
import { LineIndex, type Node, type ParsedModule, parseModule } from "./syntax.ts";
import { type UnitSyntax, unitsOf } from "./unit-syntax.ts";

/** A module with its syntax, as long as it is needed to find the calls that declare nodes. */
export interface AnalysedModule {
  readonly file: string;
  readonly parsed: ParsedModule;
  readonly scopes: ModuleScopes;
  readonly units: readonly UnitSyntax[];
  readonly lines: LineIndex;
}

/** Parses a module and finds what its names refer to; undefined with the reason where it cannot be parsed. */
export function analyseModule(
  file: string,
  source: string,
  settings: CompilerSettings,
): AnalysedModule | { readonly problem: string } {
  const parsed = parseModule(file, source);
  if ("message" in parsed) return { problem: parsed.message };
  const scopes = walkScopes(parsed, settings.options);
  return { file, parsed, scopes, units: unitsOf(parsed.program.body), lines: new LineIndex(source) };
}

/** Sums up pieces of code, each with what lies between its offsets. Names of the code's own are left out. */
export function summariseCode(
  module: AnalysedModule,
  nodes: readonly Node[],
  ranges: readonly (readonly [start: number, end: number])[],
): CodeSummary {
  const refs = new Map<string, Ref>();
  for (const [start, end] of ranges) {
    for (const reference of inRange(module.scopes.references, start, end)) {
      if (reference.binding && !reference.binding.scope.isModule) continue;
      const { name, member } = reference;
      const flags = reference.binding ? 0 : RefFlag.global;
      refs.set(`${name}.${member ?? ""}`, { name, ...(member === undefined ? {} : { member }), flags });
    }
  }
  return { ...summariseBare(module, nodes, ranges), refs: [...refs.values()] };
}

/** The same, but for what the code refers to. */
export function summariseBare(
  { scopes, lines }: AnalysedModule,
  nodes: readonly Node[],
  ranges: readonly (readonly [start: number, end: number])[],
): Omit<CodeSummary, "refs"> {
  const inside = (offset: number): boolean => ranges.some(([start, end]) => start <= offset && offset < end);
  const within = <T extends { readonly offset: number }>(items: readonly T[]): readonly T[] =>
    items.filter(({ offset }) => inside(offset));
  const { dependencies, features, blind } = scopes;
  return {
    digest: digestOf(normalForm(...nodes)),
    span: nodes.flatMap(({ start, end }) => [start, end]),
    // Most modules have none of these.
    dependencies: dependencies.length === 0 ? [] : dependenciesIn(scopes, inside),
    features: features.length === 0 ? [] : [...new Set(within(features).map(({ feature }) => feature))].sort(),
    blind: blind.length === 0 ? [] : within(blind).map(({ what, offset }) => ({ what, ...lines.place(offset) })),
  };
}

function dependenciesIn(scopes: ModuleScopes, inside: (offset: number) => boolean): readonly DependencySummary[] {
  const found = new Map<string, DependencySummary>();
  for (const { kind, specifier, names, offset, eager } of scopes.dependencies) {
    if (!inside(offset)) continue;
    const dependency = { kind, specifier, ...(names ? { names } : {}), ...(eager ? { eager: true as const } : {}) };
    found.set(JSON.stringify(dependency), dependency);
  }
  return [...found.values()];
}

/** The part of a list sorted by offset that lies between two offsets. */
export function inRange<T extends { readonly offset: number }>(
  items: readonly T[],
  start: number,
  end: number,
): readonly T[] {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle]!.offset < start) low = middle + 1;
    else high = middle;
  }
  let stop = low;
  while (stop < items.length && items[stop]!.offset < end) stop++;
  return items.slice(low, stop);
}
