import { symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { acting } from "./acting-edits.ts";
import { aliased } from "./alias-edits.ts";
import { behaviour, type Edit, noise } from "./edits.ts";
import { forms } from "./form-edits.ts";
import { found } from "./found-edits.ts";
import { hidden } from "./hidden-edits.ts";
import { type Files, MemoryDerived, Project, versionsOf } from "./project.ts";

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

/** Writes a project; a content of `-> path` is a link. */
function write(files: Files): Project {
  const project = new Project();
  projects.push(project);
  for (const [name, content] of Object.entries(files)) {
    project.write({ [`${name}${content.startsWith("-> ") ? ".parent/x" : ""}`]: content });
    if (content.startsWith("-> ")) symlinkSync(project.path(content.slice(3)), project.path(name));
  }
  return project;
}

function apply({ files, edit }: Edit): Files {
  const edited: Record<string, string> = { ...files };
  for (const [name, from, to] of edit) {
    const before = edited[name] ?? "";
    if (!before.includes(from)) throw new Error(`${name} has no ${JSON.stringify(from)}`);
    edited[name] = before.replace(from, () => to);
  }
  return edited;
}

function digests(project: Project, files: Files, derived: MemoryDerived): Record<string, string> {
  const entry = Object.keys(files).find((name) => name.startsWith("pipeline."))!;
  const versions = versionsOf(project, files, { derived, entry });
  for (const { warnings } of versions.values()) {
    expect(warnings.filter(({ message }) => message.includes("cannot be found"))).toEqual([]);
  }
  return Object.fromEntries([...versions].map(([name, { digest }]) => [name, digest]));
}

function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before).filter((name) => before[name] !== after[name]);
}

for (const [title, edits] of Object.entries({
  "changes the version": [...behaviour, ...forms, ...found, ...hidden, ...aliased, ...acting],
  "changes no other version": noise,
})) {
  describe(title, () => {
    test.each(edits.map((edit) => [edit.what, edit] as const))("%s", (_, edit) => {
      const derived = new MemoryDerived();
      const project = write(edit.files);
      const before = digests(project, edit.files, derived);
      const files = apply(edit);
      for (const name of Object.keys(files))
        if (files[name] !== edit.files[name]) project.write({ [name]: files[name]! });
      const after = digests(project, files, derived);
      expect(changed(before, after)).toEqual(edit.changes);
      // The same, from what is remembered and from nothing.
      expect(digests(project, files, derived)).toEqual(after);
      expect(digests(project, files, new MemoryDerived())).toEqual(after);
      // And back again.
      const undone = Object.entries(edit.files).filter(
        ([name]) => files[name] !== edit.files[name] && !edit.files[name]!.startsWith("-> "),
      );
      if (Object.keys(files).every((name) => name in edit.files)) {
        project.write(Object.fromEntries(undone));
        expect(digests(project, edit.files, derived)).toEqual(before);
      }
    });
  });
}

test("a project elsewhere has the same versions", () => {
  for (const edit of behaviour.slice(0, 10)) {
    const [one, two] = [write(edit.files), write(edit.files)];
    expect(path.dirname(one.root)).toBe(path.dirname(two.root));
    expect(digests(one, edit.files, new MemoryDerived())).toEqual(digests(two, edit.files, new MemoryDerived()));
  }
});
