/**
 * `node analysis-peers.ts FOLDER`: times the least that an analysis of all modules beneath a folder must do, in a process of its
 * own: reading and hashing them, and parsing them. Prints one JSON object: milliseconds.
 */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { digestOf } from "../src/core/digest.ts";

const folder = path.resolve(process.argv[2]!);
const files = [
  path.join(folder, "pipeline.ts"),
  ...globSync("lib/**/*.ts", { cwd: folder }).map((name) => path.join(folder, name)),
];

let start = performance.now();
const sources = files.map((file) => readFileSync(file, "utf8"));
const digests = new Set(sources.map((source) => digestOf(source)));
const read = performance.now() - start;

start = performance.now();
let statements = 0;
for (const [i, source] of sources.entries()) statements += parseSync(files[i]!, source).program.body.length;
const parse = performance.now() - start;

if (digests.size !== files.length || statements === 0) throw new Error("the files are not what they should be");
console.log(JSON.stringify({ "read and hash": read, "oxc, parse": parse }));
