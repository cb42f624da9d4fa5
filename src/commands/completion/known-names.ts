import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { lookForPipeline } from "../../authoring/find-pipeline.ts";
import { isWork } from "../../core/node.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import { openSqliteMetadata } from "../../metadata/sqlite-metadata.ts";
import { type KnownName, keptNames } from "../../run/node-names.ts";
import { projectFolder } from "../../run/project-folder.ts";
import type { Candidate, Names } from "./candidates.ts";

/** Runs that are offered. */
const mostRuns = 30;

/**
 * What is known of a project without loading it: nothing is run, nothing is made, and what cannot be told at once is not told.
 * @param words of the call, in which the pipeline and the cache may be named
 */
export function knownNames(cwd: string, words: readonly string[]): Names & { close(): void } {
  let metadata: Metadata | undefined;
  let names: readonly KnownName[] | undefined;
  const places = (): { readonly file: string | undefined; readonly root: string; readonly database: string } => {
    const file = lookForPipeline(cwd, optionIn(words, "file", "f"));
    const root = file === undefined ? projectFolder(cwd) : path.dirname(file);
    const cache = path.resolve(cwd, optionIn(words, "cache-dir") ?? path.join(root, ".sluice"));
    return { file, root, database: path.join(cache, "v1/metadata.db") };
  };
  const open = (): Metadata | undefined => {
    const { database } = places();
    if (!metadata && existsSync(database)) {
      metadata = openSqliteMetadata({ file: database, readOnly: true, timeout: 100, onWarning: () => {} });
    }
    return metadata;
  };
  const all = async (): Promise<readonly KnownName[]> => {
    const { root, file } = places();
    const found = metadataOf(open, (metadata) =>
      file === undefined ? namesOfLastRun(metadata) : keptNames(metadata.derived, root, file),
    );
    names ??= (await found) ?? [];
    return names;
  };
  const candidate = ([word, kind]: KnownName): Candidate => ({ word, help: kind });
  return {
    nodes: async () => {
      const known = await all();
      // what does work is meant more often
      const [work, sources] = [known.filter(([, kind]) => isWork(kind)), known.filter(([, kind]) => !isWork(kind))];
      return [...work, ...sources].map(candidate);
    },
    params: async () => (await all()).filter(([, kind]) => kind === "param").map(candidate),
    runs: async () => {
      const runs = (await metadataOf(open, (found) => found.runs(mostRuns))) ?? [];
      const named = runs.map(({ id, status = "unfinished" }) => ({ word: id, help: status }));
      return [{ word: "last" }, { word: "previous" }, ...named];
    },
    close: () => metadata?.close(),
  };
}

/** Of a driver: they have no pipeline. */
async function namesOfLastRun(metadata: Metadata): Promise<readonly KnownName[]> {
  const [last] = await metadata.runs(1);
  const nodes = last ? await metadata.runNodes(last.id) : [];
  return Array.from(nodes, ([name, { kind }]): KnownName => [name, kind]);
}

function metadataOf<T>(open: () => Metadata | undefined, ask: (metadata: Metadata) => T): T | undefined {
  const metadata = open();
  return metadata && ask(metadata);
}

/** The value of an option among words; the last one counts. */
function optionIn(words: readonly string[], name: string, short?: string): string | undefined {
  let value: string | undefined;
  for (const [i, word] of words.entries()) {
    if (word.startsWith(`--${name}=`)) value = word.slice(name.length + 3);
    else if (word === `--${name}` || word === `-${short}`) value = words[i + 1] ?? value;
  }
  // shells hand over what was typed
  return value?.replace(/^~(?=\/|$)/, homedir());
}
