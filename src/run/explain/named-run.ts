import { fail } from "../../core/failure.ts";
import type { Metadata, RunRecord } from "../../metadata/metadata.ts";

/**
 * The run that a person means: `last`, `previous` (or `last~1`, and further back `last~2`...), an id or the start of one.
 * @throws SluiceError `unknown-run`
 */
export async function namedRun(metadata: Pick<Metadata, "run" | "runs">, name: string): Promise<RunRecord> {
  const back = name === "last" ? 0 : name === "previous" ? 1 : Number(/^last~(\d{1,4})$/.exec(name)?.[1] ?? Number.NaN);
  const found = Number.isNaN(back) ? await metadata.run(name) : (await metadata.runs(back + 1))[back];
  return found ?? fail("unknown-run", `there is no run ${name}`, { hint: "run `sluice runs` to see them" });
}
