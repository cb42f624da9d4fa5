import type { CheckReport } from "../run/check/check.ts";
import { isWrong, type UndeclaredInput } from "../run/check/undeclared-inputs.ts";
import { type FailureDocument, failureDocument } from "./json.ts";

/** What `check --json` prints. */
export interface CheckDocument {
  /** `failed` if there is a problem, or an undeclared input that is neither allowed nor a note. */
  readonly status: "ok" | "failed";
  readonly nodes: number;
  readonly stages: number;
  readonly problems: readonly FailureDocument[];
  readonly undeclaredInputs: readonly UndeclaredInput[];
  readonly packages: readonly string[];
}

export function checkDocument({ nodes, stages, problems, inputs, packages }: CheckReport): CheckDocument {
  return {
    status: problems.length > 0 || inputs.some(isWrong) ? "failed" : "ok",
    nodes,
    stages,
    problems: problems.map(failureDocument),
    undeclaredInputs: inputs,
    packages,
  };
}
