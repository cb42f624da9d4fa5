import { expect, test } from "vitest";
import { redraws, reflows, showsUnicode } from "../../../src/report/live/abilities.ts";

test("lines are redrawn where somebody may be looking", () => {
  expect(redraws({ TERM: "xterm-256color" }, "linux")).toBe(true);
  expect(redraws({}, "win32")).toBe(true);
  for (const env of [{}, { TERM: "" }, { TERM: "dumb" }, { TERM: "xterm", CI: "true" }, { TERM: "xterm", CI: "1" }]) {
    expect(redraws(env, "linux"), JSON.stringify(env)).toBe(false);
  }
  expect(redraws({ TERM: "xterm", CI: "false" }, "linux")).toBe(true);
});

test("ASCII where a terminal is known to have no more", () => {
  expect(showsUnicode({ TERM: "xterm-256color" }, "linux")).toBe(true);
  expect(showsUnicode({ TERM: "xterm", LANG: "C" }, "linux")).toBe(true);
  expect(showsUnicode({ TERM: "xterm", LANG: "de_DE.UTF-8" }, "linux")).toBe(true);
  expect(showsUnicode({ TERM: "xterm", LANG: "de_DE.utf8" }, "linux")).toBe(true);
  expect(showsUnicode({ TERM: "xterm", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.ISO-8859-1" }, "linux")).toBe(false);
  expect(showsUnicode({ TERM: "linux", LANG: "de_DE.UTF-8" }, "linux")).toBe(false);
  expect(showsUnicode({}, "win32")).toBe(false);
  expect(showsUnicode({ WT_SESSION: "1" }, "win32")).toBe(true);
  expect(showsUnicode({ TERM_PROGRAM: "vscode" }, "win32")).toBe(true);
});

test("xterm and screen cut lines when they get narrower", () => {
  expect(reflows({})).toBe(true);
  expect(reflows({ XTERM_VERSION: "XTerm(379)" })).toBe(false);
  expect(reflows({ STY: "1.pts" })).toBe(false);
});
