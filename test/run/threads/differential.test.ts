import path from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encode } from "../../../src/core/canonical.ts";
import { failureOf } from "../../../src/core/failure.ts";
import { build, graph } from "../../core/arbitrary-value.ts";
import { rig } from "../../rig/rig.ts";

const canonical = pathToFileURL(path.resolve(import.meta.dirname, "../../../src/core/canonical.ts")).href;

/** Of a random value; undefined for one that cannot be versioned, or needs classes of the test's own. */
function encoded(value: unknown): string | undefined {
  try {
    const text = Buffer.from(encode(value)).toString("base64");
    return Buffer.from(text, "base64").includes("Money") ? undefined : text;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}

interface RandomStage {
  /** A value that it gives, in base64. */
  readonly value: string;
  /** Earlier stages that it reads. */
  readonly reads: readonly number[];
  readonly form: "const" | "loop" | "factory" | "hidden";
}

const value = graph.map((each) => encoded(build(each))).filter((text) => text !== undefined);

const stages: fc.Arbitrary<readonly RandomStage[]> = fc
  .array(
    fc.record({
      value,
      reads: fc.array(fc.nat(), { maxLength: 3 }),
      form: fc.constantFrom("const", "loop", "factory", "hidden"),
    }),
    { minLength: 6, maxLength: 16 },
  )
  .map((list) =>
    list.map((stage, i) => ({ ...stage, reads: i === 0 ? [] : [...new Set(stage.reads.map((n) => n % i))] })),
  );

/** What a stage gives is its own value with all that it gets, so a difference anywhere shows in everything after it. */
function pipelineOf(list: readonly RandomStage[]): string {
  const lines = [
    `import { stage } from "sluice";`,
    `import { decode } from ${JSON.stringify(canonical)};`,
    `const executor = process.env.EXECUTOR;`,
    `const of = (text) => decode(Buffer.from(text, "base64"));`,
    `const make = (inputs, text) => stage(inputs, (inputs) => [of(text), inputs], { executor });`,
  ];
  for (const [i, { value, reads, form }] of list.entries()) {
    const inputs = `{ ${reads.map((n) => `s${n}`).join(", ")} }`;
    const text = JSON.stringify(value);
    const options = "{ executor }";
    const keyword = form === "hidden" ? "const" : "export const";
    if (form === "factory") lines.push(`${keyword} s${i} = make(${inputs}, ${text});`);
    else if (form === "loop") {
      lines.push(`export let s${i};`);
      lines.push(`for (const text of [${text}]) s${i} = stage(${inputs}, (inputs) => [of(text), inputs], ${options});`);
    } else lines.push(`${keyword} s${i} = stage(${inputs}, (inputs) => [of(${text}), inputs], ${options});`);
  }
  const all = `{ ${list.map((_, i) => `s${i}`).join(", ")} }`;
  lines.push(`export const all = stage(${all}, (all) => all, { executor });`);
  return lines.join("\n");
}

test("random pipelines give the same in threads: versions, keys, and hits for each other", {
  timeout: 240_000,
}, async () => {
  const runs = process.env.SLUICE_LONG ? 40 : 3;
  await fc.assert(
    fc.asyncProperty(stages, async (list) => {
      await using project = await rig.project({ "pipeline.ts": pipelineOf(list) });
      const run = async (executor: string, ...args: string[]): Promise<Record<string, unknown>> => {
        const env = { EXECUTOR: executor };
        const { code, stderr, json } = await project.sluiceWith({ env }, "run", "--json", "-j", "2", ...args);
        expect(code, stderr).toBe(0);
        const nodes = json().nodes as Record<string, { status: string; key: string; dataVersion: string }>;
        return Object.fromEntries(
          Object.entries(nodes).map(([name, { status, key, dataVersion }]) => [name, { status, key, dataVersion }]),
        );
      };
      const inline = await run("inline", "--cache-dir", "inline");
      expect(await run("thread", "--cache-dir", "threads")).toEqual(inline);
      const again = await run("thread", "--cache-dir", "inline");
      expect(Object.values(again).every((node) => (node as { status: string }).status === "hit")).toBe(true);
    }),
    { numRuns: runs, endOnFailure: true },
  );
});
