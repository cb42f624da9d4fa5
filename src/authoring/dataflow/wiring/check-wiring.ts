import { ownEntry } from "../../../analyse/packages/own-package.ts";
import { failure } from "../../../core/failure.ts";
import { nearest } from "../../../core/graph.ts";
import { isJoined } from "../graph/flow-node.ts";
import { type Collected, collect } from "./collect.ts";
import { type Compiled, compile } from "./compile.ts";
import { compilerOf } from "./compiler.ts";
import { FunctionSources } from "./function-syntax.ts";
import type { GivenModules } from "./given-modules.ts";
import type { WiringProblem, WiringReport } from "./problem.ts";
import { type Span, type Wire, type WiringText, wiringText } from "./wiring-text.ts";

/** The names of what a run would be given, where that is known. */
export interface GivenNames {
  readonly inputs?: readonly string[];
}

/**
 * Checks how nodes are wired, types included, without running any of them. All that is wrong is told at once.
 * @param root absolute path of the project's folder
 * @throws SluiceError `usage` where the project has no TypeScript that can be called, or settings of it that are wrong
 */
export function checkWiring(root: string, given: GivenModules, names: GivenNames = {}): WiringReport {
  const collected = collect(given);
  const compiler = compilerOf(root);
  const wiring = wiringText(collected, given, new FunctionSources(compiler), typesOfOwn());
  const compiled = compile(compiler, root, wiring);
  const closed = wiring.wires.filter(({ wire }) => !wire.isOpen);
  const typed = closed.filter(({ wire }) => !compiled.isAny(`T${wire.number}`) && !compiled.isAny(`G${wire.number}`));
  const inputs = names.inputs ?? (wiring.isKnown ? compiled.propertiesOf("Known") : undefined);
  return {
    nodes: collected.nodes.size,
    inputs: [...(collected.dataflow?.inputs.keys() ?? [])],
    notes: inputs ? [] : doubtfulInputs(collected, given),
    wires: closed.length,
    typed: typed.length,
    problems: [
      ...collected.problems,
      ...(inputs ? inputProblems(collected, given, inputs) : []),
      ...typeProblems(wiring, compiled),
    ],
  };
}

/** Inputs that may have been meant as nodes; where it is known which inputs there are, that they are missing says more. */
function doubtfulInputs({ dataflow, nodes }: Collected, { config }: GivenModules): string[] {
  return [...(dataflow?.inputs.keys() ?? [])].flatMap((name) => {
    // Short names are near to many others.
    const near = name.length < 4 || Object.hasOwn(config, name) ? undefined : nearest(name, [...nodes.keys()]);
    return near ? [`"${name}" is no node, so it is an input; did you mean the node "${near}"?`] : [];
  });
}

/** The module that declares Sluice's types: its source, or what it is built to. */
function typesOfOwn(): string {
  return ownEntry("sluice/dataflow")!.replace(/\.js$/, ".d.ts");
}

function inputProblems(
  { dataflow, nodes }: Collected,
  { config }: GivenModules,
  inputs: readonly string[],
): WiringProblem[] {
  if (!dataflow) return [];
  const isGiven = (name: string): boolean =>
    inputs.includes(name) || (Object.hasOwn(config, name) && config[name] !== undefined);
  const missing = [...dataflow.inputs.values()].filter(({ name, needy }) => needy.length > 0 && !isGiven(name));
  const unread = inputs.filter((name) => !dataflow.inputs.has(name));
  return [
    ...missing.map(({ name, needy }): WiringProblem => {
      const near = nearest(name, [...nodes.keys()]);
      const readers = needy.map((reader) => `"${reader}"`).join(", ");
      const node = nodes.get(needy[0]!)?.node;
      const [frame] = node && !isJoined(node) ? node.site() : [];
      return failure("missing-parameter", `an input is missing: "${name}" (read by ${readers})`, {
        node: name,
        ...(frame ? { where: frame.written ?? { file: frame.file, line: frame.line, column: frame.column } } : {}),
        hint: near ? `did you mean the node "${near}"?` : "no node has this name, and it is not among the inputs",
      });
    }),
    ...unread.map((name): WiringProblem => {
      const near = nearest(name, dataflow.inputs.keys());
      const isNode = nodes.has(name);
      const what = isNode ? `"${name}" is a node, and is among the inputs` : `no node reads the input "${name}"`;
      const other = near ? `did you mean "${near}"?` : "take it out of the inputs";
      return failure(isNode ? "usage" : "unknown-parameter", what, {
        node: name,
        hint: isNode ? "take it out of the inputs" : other,
      });
    }),
  ];
}

function typeProblems(wiring: WiringText, compiled: Compiled): WiringProblem[] {
  const problems = new Map<Wire, WiringProblem>();
  for (const { from, code, explanation } of compiled.findings) {
    const found = spanAt(wiring.wires, from);
    if (found && !compiled.isManifold(`F${found.wire.fn}`)) {
      problems.set(found.wire, wrongWire(found.wire, compiled, explanation));
      continue;
    }
    const shared = wiring.shared.find((span) => isIn(span, from));
    if (shared) problems.set(shared.wire, noValueSuits(shared.wires, compiled));
    for (const [fn, spans] of wiring.calls) {
      const argument = spanAt(spans, from);
      if (!argument || !compiled.isManifold(`F${fn}`) || problems.has(argument.wire) || isAboutNumber(code)) continue;
      problems.set(argument.wire, wrongWire(argument.wire, compiled, explanation));
    }
  }
  return [...problems.values()];
}

function spanAt(spans: readonly Span[], offset: number): Span | undefined {
  return spans.find((span) => isIn(span, offset));
}

function isIn({ from, to }: Span, offset: number): boolean {
  return from <= offset && offset < to;
}

/** "Expected 1 arguments, but got 2", or a member that nobody takes apart: no parameter gets something wrong. */
function isAboutNumber(code: number): boolean {
  return [2554, 2555, 2739, 2740, 2741].includes(code);
}

function wrongWire(wire: Wire, compiled: Compiled, explanation: string): WiringProblem {
  const [takes, gives] = [compiled.typeText(`T${wire.number}`), compiled.typeText(`G${wire.number}`)];
  const { node, parameter, where, giver } = wire;
  const from = giver.name === parameter ? "" : ` from ${giver.name.includes(" ") ? giver.name : `"${giver.name}"`}`;
  return {
    ...failure(
      "invalid-definition",
      `"${node}" takes "${parameter}" as ${short(takes)}, and gets ${short(gives)}${from}`,
      {
        node,
        ...(where ? { where } : {}),
      },
    ),
    parameter,
    giver,
    takes,
    gives,
    explanation,
  };
}

function noValueSuits(wires: readonly Wire[], compiled: Compiled): WiringProblem {
  const [{ node, parameter, where, giver }] = wires as [Wire];
  const readers = wires.map((wire) => `as ${short(compiled.typeText(`T${wire.number}`))} by "${wire.node}"`);
  return {
    ...failure(
      "invalid-definition",
      `no value suits all who read the input "${giver.name}": it is taken ${readers.join(", ")}`,
      {
        node,
        ...(where ? { where } : {}),
        hint: "rename one of the parameters, or give it another value by inject()",
      },
    ),
    parameter,
    giver,
  };
}

/** Longer types are told in full by the explanation. */
function short(type: string): string {
  return type.length <= 60 ? type : `${type.slice(0, 57)}...`;
}
