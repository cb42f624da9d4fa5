import { type Digest, digestOf } from "../../core/digest.ts";
import type { ResultRecord } from "../../core/record.ts";
import { formatCount } from "../../report/quantity.ts";
import { sanitize } from "../../report/sanitize.ts";
import type { Workspace } from "../../run/workspace.ts";
import type { ExitCode } from "../command.ts";
import { dryRunOption, type OptionSpecs } from "../options.ts";
import { printJson, printLines } from "../print.ts";
import { defineVerb, mustBeWritable, type VerbCall } from "./verb.ts";

const options = {
  repair: { type: "boolean", help: "set damage aside and forget what needs it, so that the next run makes it again" },
  ...dryRunOption,
} as const satisfies OptionSpecs;

/** `sluice cache verify`. */
export const verify = defineVerb({
  name: "verify",
  summary: "read and check everything; exit code 1 while damage is found",
  arguments: [],
  options,
  action: verifyAll,
});

/** One thing that is wrong in a cache. */
interface Damage {
  readonly what: "database" | "blob" | "result";
  readonly message: string;
  readonly digest?: Digest;
  readonly key?: Digest;
  readonly node?: string;
}

interface Checked {
  readonly results: number;
  readonly blobs: number;
  readonly damage: readonly Damage[];
  /** The results that lack something sound. */
  readonly unusable: readonly Digest[];
}

/**
 * Reads and checks everything: the database, every blob, every result's content. The store sets a damaged blob aside as it
 * finds it, so that it is never served; `--repair` also forgets the results that need it, and they are made anew.
 */
async function verifyAll(call: VerbCall<typeof options>): Promise<ExitCode> {
  const { workspace, terminal } = call;
  const { json = false, repair = false, "dry-run": dryRun = false } = call.options;
  const mends = repair && !dryRun;
  if (mends) mustBeWritable(workspace);
  const { results, blobs, damage, unusable } = await check(workspace);
  // a database that is itself damaged is not mended by forgetting results
  const mended = mends && damage.every(({ what }) => what !== "database");
  if (mends) await workspace.metadata.removeResults(unusable);
  if (json) {
    printJson(terminal, { results, blobs, damage, repaired: mended && damage.length > 0 });
  } else {
    const { out, err } = terminal;
    printLines(
      err,
      damage.map(
        ({ message, node }) =>
          `${err.style.bad("damaged:")} ${node === undefined ? "" : `${sanitize(node)}: `}${sanitize(message)}`,
      ),
    );
    const checked = `${formatCount(results, "result")} and ${formatCount(blobs, "blob")} checked`;
    printLines(out, [
      `${checked}, ${damage.length === 0 ? out.style.good("no damage") : formatCount(damage.length, "damage", "damages")}`,
    ]);
    const forgotten = formatCount(unusable.length, "result");
    if (mends && damage.length > 0)
      printLines(out, [`repaired: ${forgotten} forgotten; the next run makes what it needs again`]);
    else if (repair && damage.length > 0) printLines(out, [`would forget ${forgotten}`]);
    else if (damage.length > 0)
      printLines(err, [`${err.style.bold("hint:")} sluice cache verify --repair, then sluice run`]);
  }
  return damage.length === 0 || mended ? 0 : 1;
}

async function check({ blobs, metadata }: Workspace): Promise<Checked> {
  const damage: Damage[] = (await metadata.check()).map((message) => ({ what: "database", message }));
  const verdicts = new Map<Digest, "ok" | "missing" | "corrupt">();
  const digests: Digest[] = [];
  for await (const { digest } of blobs.list()) digests.push(digest);
  for (const digest of digests) {
    const verdict = await blobs.verify(digest);
    // another process may have removed it since it was listed
    if (verdict === "missing") continue;
    verdicts.set(digest, verdict);
    if (verdict === "corrupt") damage.push({ what: "blob", message: `blob ${digest.slice(0, 12)} is damaged`, digest });
  }
  const unusable: Digest[] = [];
  let results = 0;
  for await (const record of metadata.allResults()) {
    results++;
    const found = await damageOf(record, async (digest) => verdicts.get(digest) ?? blobs.verify(digest));
    if (found.length === 0) continue;
    unusable.push(record.key);
    damage.push(...found);
  }
  return { results, blobs: verdicts.size, damage, unusable };
}

async function damageOf(
  record: ResultRecord,
  verdictOn: (digest: Digest) => Promise<"ok" | "missing" | "corrupt">,
): Promise<Damage[]> {
  const damage: Damage[] = [];
  for (const { name, digest, size, inline } of record.artifacts) {
    const verdict = inline
      ? inline.length === size && digestOf(inline) === digest
        ? "ok"
        : "corrupt"
      : await verdictOn(digest);
    if (verdict === "ok") continue;
    const message = `the ${verdict === "missing" ? "blob" : "content"} of its ${name} is ${verdict === "missing" ? "gone" : "damaged"}`;
    damage.push({ what: "result", message, digest, key: record.key, node: record.node });
  }
  return damage;
}
