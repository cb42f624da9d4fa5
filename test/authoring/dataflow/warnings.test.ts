import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject({
    "flow.js": `import { checkOutput, collect, parallel } from "sluice/dataflow";
      export const rate = checkOutput({ range: [0, 1], importance: "warn" }, (won, played) => won / played);
      export const odd = checkOutput({ name: "odd\\u001b[31m", test: () => "a\\nb", importance: "warn" }, () => 2);
      export const n = parallel(() => [1, 5]);
      export const small = checkOutput({ range: [0, 2], importance: "warn" }, (n) => n);
      export const all = collect("small", (small) => small.length);`,
    "run.js": `import { Driver } from "sluice/dataflow";
      const [how, ...targets] = process.argv.slice(2);
      const heard = [];
      const onWarning = ({ message }) => heard.push("told: " + message);
      const builder = Driver.builder().withModules("./flow.js");
      const driver = (how === "uncached" ? builder : builder.withCache(how === "told" ? { onWarning } : {})).build();
      const onEvent = ({ type, failure }) => type === "warning" && heard.push("event: " + failure.message);
      await driver.execute(targets, { inputs: targets.includes("rate") ? { won: 3, played: 2 } : {}, ...(how === "listening" ? { onEvent } : {}) });
      console.log(JSON.stringify(heard));`,
  });
});
afterEach(() => project[Symbol.dispose]());

function run(...args: readonly string[]): { readonly heard: unknown; readonly errors: string } {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["run.js", ...args], {
    cwd: project.dir,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return { heard: JSON.parse(stdout), errors: stderr.replaceAll(/^\(.*?\) /gm, "").trim() };
}

const rate = 'rate did not pass the check "range": 1.5 is not from 0 to 1';

describe("what a check warns of", () => {
  test("is on stderr where nobody listens, again when the result is reused, and without a cache", () => {
    const said = expect.stringContaining(`[check-failed] SluiceWarning: ${rate}`);
    for (const how of ["cached", "cached", "uncached"]) {
      expect(run(how, "rate")).toEqual({ heard: [], errors: said });
    }
    const [, again] = [run("cached", "all"), run("cached", "all")];
    expect(again.errors).toMatch(/small did not pass the check "range": 5 is not from 0 to 2 \(item 1\)/);
  });

  test("goes to those who listen, and not to stderr", () => {
    expect(run("listening", "rate")).toEqual({ heard: [`event: ${rate}`], errors: "" });
    expect(run("told", "rate")).toEqual({ heard: [`told: ${rate}`], errors: "" });
  });

  test("does nothing to a terminal", () => {
    const { errors } = run("cached", "odd");
    expect(errors).toContain('odd did not pass the check "odd\\x1b[31m": a\\nb');
    expect(errors).not.toContain("\u001b");
  });
});
