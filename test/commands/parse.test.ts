import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineCommand } from "../../src/commands/command.ts";
import { commandHelp } from "../../src/commands/help.ts";
import { parseCall } from "../../src/commands/parse.ts";
import { failureOf } from "../../src/core/failure.ts";
import { everyCommand } from "../rig/commands.ts";

const command = defineCommand({
  name: "try",
  summary: "",
  arguments: [{ name: "[TARGET...]", rest: true, help: "" }],
  options: {
    set: { type: "string", multiple: true, value: "NAME=VALUE", help: "" },
    file: { type: "string", short: "f", value: "FILE", help: "" },
    cache: { type: "string", choices: ["rw", "ro"], help: "" },
    json: { type: "boolean", help: "" },
    quiet: { type: "boolean", short: "q", help: "" },
  },
  run: async () => 0,
});

function refused(...argv: string[]): string {
  try {
    parseCall(command, argv);
  } catch (error) {
    const failure = failureOf(error, "usage");
    if (!failure) throw error;
    return `${failure.message} | ${failure.hint}`;
  }
  throw new Error("it was taken");
}

describe("parsing a call", () => {
  test("options and arguments in any order and form", () => {
    expect(parseCall(command, ["a", "--set", "x=1", "-qf", "p.ts", "b", "--set=y=-2", "--", "--json", "-c"])).toEqual({
      args: ["a", "b", "--json", "-c"],
      options: { set: ["x=1", "y=-2"], quiet: true, file: "p.ts" },
    });
    expect(parseCall(command, ["-fp.ts", "--cache=ro"]).options).toEqual({ file: "p.ts", cache: "ro" });
    expect(parseCall(command, ["-f", "-"]).options).toEqual({ file: "-" });
  });

  test("a mistake is said with the nearest name", () => {
    expect(refused("--jsn")).toBe("sluice try has no option --jsn | did you mean --json?");
    expect(refused("--__proto__")).toBe("sluice try has no option --__proto__ | see sluice try --help");
    expect(refused("-z")).toBe("sluice try has no option -z | see sluice try --help");
    expect(refused("--json=1")).toBe("--json takes no value | see sluice try --help");
    expect(refused("--set")).toBe("--set needs a value: --set NAME=VALUE | see sluice try --help");
    expect(refused("--set", "--json")).toBe("--set needs a value: --set NAME=VALUE | see sluice try --help");
    expect(refused("--file=")).toBe("--file needs a value: --file FILE | see sluice try --help");
    expect(refused("--cache", "x")).toBe('--cache takes rw or ro, not "x" | see sluice try --help');
  });

  test("arguments that are missing, too many or unknown", () => {
    const one = { ...command, arguments: [{ name: "WHAT", required: true, choices: ["stats", "gc"], help: "" }] };
    const message = (argv: string[]): string | undefined => {
      try {
        parseCall(one, argv);
      } catch (error) {
        return failureOf(error)?.message;
      }
    };
    expect(message([])).toBe("sluice try needs WHAT");
    expect(message(["stats", "more"])).toBe('sluice try takes no "more"');
    expect(message(["sats"])).toBe("sluice try sats does not exist: it is stats or gc");
    expect(message(["gc"])).toBeUndefined();
  });

  test("help wins over every mistake", () => {
    expect(parseCall(command, ["--bogus", "-h"]).options).toEqual({ help: true });
  });

  test("whatever is typed, it is taken or refused as a mistake, never a crash", () => {
    const word = fc.oneof(
      fc.constantFrom("--set", "-f", "-q", "--json", "--", "--cache", "rw", "--no-json", "-", "---", "--=", "-qq"),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          parseCall(command, argv);
        } catch (error) {
          expect(failureOf(error, "usage")).toBeDefined();
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const commands = await everyCommand();

describe("the table of commands", () => {
  test.each([...commands])("%s says all about itself", (name, command) => {
    expect(command.name).toBe(name);
    const help = commandHelp(command);
    for (const [option, spec] of Object.entries(command.options)) {
      expect(help).toContain(`--${option}`);
      expect(spec.help).not.toBe("");
      if (spec.type === "string") expect(spec.value).toBeDefined();
    }
    const shorts = Object.values(command.options).flatMap(({ short }) => short ?? []);
    expect(new Set([...shorts, "h"]).size).toBe(shorts.length + 1);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });
});
