import { expect, test } from "vitest";
import { rig } from "../rig/rig.ts";

test("sluice logs --follow: what a run under way logs, as it comes, until the run ends", async () => {
  await using project = await rig.project({
    "pipeline.ts": `import { existsSync } from "node:fs";
import { stage } from "sluice";
export const slow = stage({}, async (_, { log }) => {
  log.info("begun");
  while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  log.info("ended");
});
`,
  });
  const run = project.start({}, "run");
  await run.wrote("begun");
  const follower = project.start({}, "logs", "--follow");
  await follower.wrote("slow | begun");
  const before = await project.sluice("logs", "--json");
  expect(before.json().events.map(({ text }: { text: string }) => text)).toEqual(["begun"]);
  await project.write("go", "");
  expect((await run.finished).code).toBe(0);
  const { code, stdout } = await follower.finished;
  expect(code).toBe(0);
  expect(stdout).toBe("slow | begun\nslow | ended\n");
  const after = await project.sluice("logs", "last", "slow", "--follow");
  expect(after.stdout, "of a run that has ended: all, at once").toBe("slow | begun\nslow | ended\n");
});
