import type { Digest } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import { placeOf } from "../../core/node.ts";
import type { StageFacts } from "../decision.ts";
import { functionArguments, functionsOf } from "../stage-code.ts";
import type { Workspace } from "../workspace.ts";
import type { WantedStage } from "./messages.ts";
import { orInline } from "./thread-failures.ts";

type Facts = Pick<StageFacts, "node" | "stage" | "code">;

const wanted = new WeakMap<Facts, WantedStage>();

/**
 * What a thread finds a stage by.
 * @throws SluiceError `load-failed` for a stage that no module declares
 */
export function wantedStage(workspace: Workspace, facts: Facts): WantedStage {
  let known = wanted.get(facts);
  if (!known) {
    known = describe(workspace, facts);
    wanted.set(facts, known);
  }
  return known;
}

function describe(workspace: Workspace, facts: Facts): WantedStage {
  const { node, stage, code } = facts;
  const finder = stage.finder?.();
  const at = stage.finder && !finder ? undefined : workspace.analyser.declaredAt(stage.site, finder?.files);
  if (!at) {
    const where = placeOf(stage);
    fail("load-failed", `${node.name} is declared in no file, so no thread can load it`, {
      node: node.name,
      ...(where ? { where } : {}),
      hint: `declare it in a module, ${orInline(stage)}`,
    });
  }
  const { format, formatOptions, output, outputs } = stage;
  return {
    ...at,
    ...(finder ? { finder: { url: finder.url, sought: finder.sought } } : {}),
    node: node.name,
    kind: stage.kind,
    name: stage.name,
    salt: stage.version,
    checks: stage.checks.length,
    code: code.digest,
    withCaptured: stage.version === undefined ? undefined : versionWithCaptured(workspace, facts),
    format,
    formatOptions,
    ...(output === undefined ? {} : { output }),
    ...(outputs === undefined ? {} : { outputs }),
  };
}

/** The version of a stage's code with what it captures, although its salt stands for that; undefined where that has none. */
export function versionWithCaptured(
  workspace: Pick<Workspace, "analyser">,
  { node, stage }: Pick<Facts, "stage"> & { readonly node: Parameters<typeof functionsOf>[1] },
): Digest | undefined {
  try {
    return functionsOf(workspace, node, stage, functionArguments(stage), "error").digest;
  } catch (error) {
    if (failureOf(error, "captured-variable")) return undefined;
    throw error;
  }
}
