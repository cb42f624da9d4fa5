import { expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

test("an export counts by its name only where the source shows that nothing else can be behind it", async () => {
  await using project = await rig.project({
    "pipeline.ts": `import { stage } from "sluice";
const f = () => "f";
const g = () => "g";
export const plain = stage({}, () => "plain");
export const typed = stage({}, f) as ReturnType<typeof stage>;
export const chosen = process.env.PICK ? stage({}, f) : stage({}, g);
export let later = stage({}, f);
if (process.env.PICK) later = stage({}, g);
const pair = [stage({}, f, { name: "pair" }), stage({}, g, { name: "pair" })] as const;
export const taken = pair[process.env.PICK ? 1 : 0];
`,
  });
  const values = async (env: Record<string, string | undefined>) => {
    const run = await project.sluiceWith({ env }, "run", "--json");
    expect(run.code, run.stderr).toBe(0);
    const shown = ["plain", "typed", "chosen", "later", "pair"].map(async (name) => {
      const { stdout } = await project.sluiceWith({ env }, "show", name);
      return stdout.trim();
    });
    return (await Promise.all(shown)).join(" ");
  };
  for (let round = 0; round < 2; round++) {
    expect(await values({ PICK: undefined })).toBe("plain f g f f");
    expect(await values({ PICK: "1" })).toBe("plain f f g g");
  }
});

test("a function of another name, or another function of that name, is taken for what it is", async () => {
  const wrapper = (wrap: string) => `import { stage as declare } from "sluice";
export const stage = (inputs: {}, fn: () => string) => declare(inputs, () => ${wrap});
`;
  await using project = await rig.project({
    "own.ts": wrapper("fn()"),
    "pipeline.ts": `import { stage as sluice } from "sluice";
import { stage } from "./own.ts";
export const renamed = sluice({}, () => "renamed");
export const wrapped = stage({}, () => "wrapped");
`,
  });
  const run = async () => JSON.parse((await project.sluice("run", "--json")).stdout).nodes;
  const statuses = async () => {
    const { renamed, wrapped } = await run();
    return [renamed.status, wrapped.status];
  };
  expect(await statuses()).toEqual(["executed", "executed"]);
  expect(await statuses()).toEqual(["hit", "hit"]);
  await project.write("own.ts", wrapper("fn().toUpperCase()"));
  expect(await statuses()).toEqual(["hit", "executed"]);
  expect((await project.sluice("show", "wrapped")).stdout.trim()).toBe("WRAPPED");
});
