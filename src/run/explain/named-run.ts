import { fail } from "../../core/failure.ts";
import { nearest } from "../../core/graph.ts";
import type { Metadata, RunRecord } from "../../metadata/metadata.ts";

/**
 * The run that a person means: `last`, `previous` (or `last~1`, and further back `last~2`...), an id or the start of one.
 * @throws SluiceError `unknown-run`
 */
export async function namedRun(metadata: Pick<Metadata, "run" | "runs">, name: string): Promise<RunRecord> {
  const back = name === "last" ? 0 : name === "previous" ? 1 : Number(/^last~(\d{1,4})$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(back)) return (await metadata.run(name)) ?? (await failUnknown(metadata, `there is no run ${name}`));
  const latest = await metadata.runs(back + 1);
  const among = latest.length === 1 ? "there is only one" : `there are only ${latest.length}`;
  return latest[back] ?? failUnknown(metadata, `there is no run ${name}: ${among}`);
}

/** Where nothing has run, no other name would do either. */
async function failUnknown(metadata: Pick<Metadata, "runs">, message: string): Promise<never> {
  const isAny = (await metadata.runs(1)).length > 0;
  return fail("unknown-run", isAny ? message : "there is no run yet", {
    hint: isAny ? "run `sluice runs` to see them" : "sluice run",
  });
}

/** @param names of the nodes that the run had */
export function failNotPart({ id }: RunRecord, node: string, names: Iterable<string>): never {
  const near = nearest(node, [...names]);
  const hint = near === undefined ? "`sluice runs` lists other runs, with their targets" : `did you mean ${near}?`;
  return fail("unknown-node", `"${node}" was not part of run ${id}`, { node, hint });
}
