import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Files, rig } from "../rig/rig.ts";

// TypeScript reads all that Sluice's types are made of, and the machine may be busy.
vi.setConfig({ testTimeout: 180_000 });

const files: Files = {
  "package.json": '{ "type": "module" }',
  "features.ts": `export interface Order { readonly country: string; readonly amount: string }
interface Sale { readonly country: string; readonly amount: number }

export async function orders(raw: string): Promise<Order[]> { return []; }
export const totals = ({ orders, least = 0 }: { orders: Sale[]; least?: number }) => orders.length + least;
`,
  "report.ts": "export const report = (totals: string, ordrs: unknown) => totals;\nexport const totals = () => 1;\n",
};

/** A project that has TypeScript, or a package of this name that is something else. */
async function projectWith(compiler: "none" | "ours" | { readonly version: string }) {
  const project = await rig.project(files);
  const folder = path.join(project.dir, "node_modules");
  mkdirSync(folder, { recursive: true });
  const at = path.join(folder, "typescript");
  if (compiler === "ours") symlinkSync(path.resolve(import.meta.dirname, "../../node_modules/typescript"), at);
  else if (compiler !== "none") {
    mkdirSync(at);
    const main = { name: "typescript", version: compiler.version, main: "index.js" };
    writeFileSync(path.join(at, "package.json"), JSON.stringify(main));
    writeFileSync(path.join(at, "index.js"), `exports.version = ${JSON.stringify(compiler.version)};`);
  }
  return project;
}

describe("sluice check --dataflow", () => {
  test("tells wrong wires with both places and an explanation, clashes and typing errors, and exits with 1", async () => {
    await using project = await projectWith("ours");
    const { code, stdout, stderr } = await project.sluice("check", "--dataflow", "features.ts", "report.ts");
    expect(stderr).toBe("");
    expect(stdout).toBe(`error: two nodes are called "totals": features.ts and report.ts both have it
  hint: rename one, or let later modules win with allowOverrides()
error: "report" takes "totals" as string, and gets number
  at report.ts:1:24
  given by totals, report.ts:2:14
    Type 'number' is not assignable to type 'string'.
note: "ordrs" is no node, so it is an input; did you mean the node "orders"?
inputs: raw, ordrs
3 nodes and 1 wire checked: 2 problems
`);
    expect(code).toBe(1);

    const alone = await project.sluice(
      "check",
      "--dataflow",
      "features.ts",
      "--set",
      "raw=a",
      "--set",
      "lest=1",
      "--json",
    );
    expect(alone.code).toBe(1);
    expect(alone.json()).toMatchObject({
      status: "failed",
      nodes: 2,
      inputs: ["raw", "least"],
      notes: [],
      wires: 1,
      typed: 1,
      problems: [
        { reason: "unknown-parameter", message: 'no node reads the input "lest"', hint: 'did you mean "least"?' },
        {
          reason: "invalid-definition",
          node: "totals",
          parameter: "orders",
          takes: "Sale[]",
          gives: "Order[]",
          where: { file: path.join(project.dir, "features.ts"), line: 5, column: 26 },
          giver: { name: "orders", where: { line: 4, column: 23 } },
          explanation: expect.stringContaining("Types of property 'amount' are incompatible."),
        },
      ],
    });
  });

  test("checks the drivers that modules export, and says that all is well", async () => {
    await using project = await projectWith("ours");
    writeFileSync(
      path.join(project.dir, "drivers.ts"),
      `import { Driver } from "sluice/dataflow";
       const flow = { a: (x: number) => x, b: (a: number) => a, c: (b: number, mode = "two") => b + mode };
       export const first = Driver.builder().withModules(flow).withInputs<{ x: number; mode?: string }>().build();
       export const second = Driver.builder().withModules(flow).withConfig({ mode: "one", x: 1 }).build();`,
    );
    const { code, stdout } = await project.sluice("check", "--dataflow", "drivers.ts");
    expect(stdout).toBe("inputs: x, mode\n6 nodes and 8 wires checked: nothing is wrong\n");
    expect(code).toBe(0);
  });

  test.each([
    ["none", "types are checked by TypeScript, which this project does not have"],
    [{ version: "7.0.2" }, "TypeScript 7.0.2 cannot be called by other programs yet"],
  ] as const)("without a TypeScript that can be called it says what to install: %j", async (compiler, message) => {
    await using project = await projectWith(compiler);
    const { code, stderr } = await project.sluice("check", "--dataflow", "features.ts");
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain("npm install --save-dev typescript@6");
    expect(code).toBe(2);
  });

  test("a wrong call is told", async () => {
    await using project = await projectWith("none");
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await project.sluice("check", ...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await wrong("--dataflow")).toContain("--dataflow needs modules");
    expect(await wrong("--dataflow", "nowhere.ts")).toContain("nowhere.ts");
    expect(await wrong("--dataflow", "features.ts", "--config", "mode")).toContain("--config needs NAME=VALUE");
    expect(await wrong("--config", "mode=1")).toContain("--config is about dataflow modules");
  });
});
