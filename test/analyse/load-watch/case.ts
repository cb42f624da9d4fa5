import { rmSync, utimesSync } from "node:fs";
import type { Files, Project } from "../project.ts";
import type { Surroundings } from "../watching.ts";

/** A pipeline, what happens between two loads of it, and what must come of the record of the first. */
export interface Case {
  readonly what: string;
  /** Of `pipeline.js`. What counts is exported. */
  readonly text: string;
  readonly files?: Files;
  readonly prepare?: (project: Project) => void;
  readonly before?: Surroundings;
  readonly change?: (project: Project) => void;
  readonly after?: Surroundings;
}

export const write = (files: Files) => (project: Project) => void project.write(files);
export const remove = (name: string) => (project: Project) => rmSync(project.path(name), { recursive: true });
export const touch = (name: string) => (project: Project) => utimesSync(project.path(name), 1e9, 1e9);

/** What most pipelines here begin with. */
export const fs = 'import fs from "node:fs";\n';

/** An installed package of CommonJS. */
export const installed = (name: string, code: string): Files => ({
  [`node_modules/${name}/package.json`]: `{"name":"${name}","version":"1.0.0","main":"index.js"}`,
  [`node_modules/${name}/index.js`]: code,
});
