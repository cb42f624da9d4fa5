import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import { type FileRef, fileRef } from "../../src/core/file-ref.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import {
  type DirHandle,
  isDirHandle,
  registerStoredDirs,
  staysInside,
  storedDir,
} from "../../src/platform/dir-handle.ts";
import type { FileHandle } from "../../src/platform/file-handle.ts";
import { outputsOf } from "../../src/run/make/placement.ts";
import { testStage } from "../rig/engine.ts";

registerStoredDirs();

const bad = ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", "a\0b", "..\\x", "a\\..\\x"];

function handle(name: string, origin: FileRef["origin"] = "store"): FileHandle {
  const ref: FileRef = { origin, name, size: 1, digest: digestOf(name), executable: false };
  return { [fileRef]: ref } as FileHandle;
}

const folder = (names: readonly string[]): DirHandle =>
  storedDir({ name: "pages", files: new Map(names.map((name) => [name, handle(name)])) });

function revive(value: unknown): unknown {
  return decode(encode(value), { reviveFile: (ref) => ({ [fileRef]: ref }) });
}

function reasonOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return failureOf(error)?.reason;
  }
  return undefined;
}

describe("a path inside a folder", () => {
  test.for(bad)("is not %j", (name) => expect(staysInside(name)).toBe(false));

  test("leads nowhere else", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "a", "b.txt", "", "\\", "...", "c:", "~"), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const name = parts.join("/");
        if (staysInside(name)) expect(path.resolve("/base/folder", name)).toBe(`/base/folder/${name}`);
      }),
    );
  });
});

describe("a folder of the store", () => {
  test("comes back from its encoding", () => {
    const back = revive({ pages: folder(["a.txt", "sub/b.txt"]) }) as { pages: DirHandle };
    expect(isDirHandle(back.pages)).toBe(true);
    expect(back.pages.name).toBe("pages");
    expect(back.pages.files.map((each) => each[fileRef].name)).toEqual(["a.txt", "sub/b.txt"]);
    expect(back.pages.file("./sub/b.txt")[fileRef].name).toBe("sub/b.txt");
    expect(reasonOf(() => back.pages.file("c.txt"))).toBe("missing-file");
  });

  test.for(bad)("cannot hold %j", (name) => {
    expect(reasonOf(() => revive(folder(["fine", name])))).toBe("corrupt-value");
  });

  test("holds files of the store only, and at least one", () => {
    const of = (file: unknown) => storedDir({ name: "x", files: new Map([["a", file as FileHandle]]) });
    expect(reasonOf(() => revive(of(handle("a", "project"))))).toBe("corrupt-value");
    expect(reasonOf(() => revive(of("text")))).toBe("corrupt-value");
    expect(reasonOf(() => revive(folder([])))).toBe("corrupt-value");
  });

  test.for(bad.slice(2))("is not placed at %j, whatever a record says", (name) => {
    const stage = {
      ...testStage({}, () => 1, { outputs: { pages: "/project/out/pages" } }),
      command: { folders: new Set(["pages"]) } as never,
    };
    const artifact = (inside: string) => ({ name: `outputs.pages/${inside}`, digest: digestOf(inside), size: 1 });
    const record = (inside: string): Pick<ResultRecord, "artifacts"> => ({ artifacts: [artifact(inside)] });
    expect([...outputsOf(stage, record("a/b.txt"))].map(([target]) => target)).toEqual(["/project/out/pages/a/b.txt"]);
    expect(reasonOf(() => [...outputsOf(stage, record(name))])).toBe("corrupt-value");
  });
});
