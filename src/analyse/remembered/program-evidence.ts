import { realpathSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { DerivedCache } from "../../core/derived.ts";
import type { Digest } from "../../core/digest.ts";
import { relativeTo } from "../load/module-path.ts";
import { versionedBy } from "../syntax/module-summary.ts";
import { type DigestOfFile, type FileFacts, factsHold } from "./file-facts.ts";

/** What all code versions of a program follow from, in a form that can be checked without loading or parsing anything. */
export interface ProgramEvidence {
  /** Stands for the program: its modules, what their specifiers lead to, what its packages count by. */
  readonly program: Digest;
  /** See {@link surroundings}. */
  readonly surroundings: Digest;
  /** Absent where files alone do not tell what the program is. */
  readonly facts?: FileFacts;
  /** Whether these may tell later: some had just been written. */
  readonly unsettled?: true;
}

export interface EvidenceOptions {
  /** Absolute path of the project. */
  readonly root: string;
  /** The modules from which the program starts: absolute paths. */
  readonly roots: readonly string[];
  readonly derived: DerivedCache;
  /** Asked for each file that counts; best backed by the file index, so that unchanged files are not read. */
  readonly digestOfFile: DigestOfFile;
}

const kind = "program-evidence-1";

/**
 * What stands for the program, if everything is as it was when its code was last versioned: as long as this is the same, all
 * its code versions are, except of code that captures values. Undefined when something has changed, or nothing is known.
 */
export function evidenceHolds({ root, roots, derived, digestOfFile }: EvidenceOptions): Digest | undefined {
  const names: string[] = [];
  let base: string;
  try {
    base = realpathSync(root);
    for (const file of roots) names.push(realpathSync(file));
  } catch {
    // A pipeline that is not there any more is not what it was.
    return undefined;
  }
  const evidence = readEvidence(derived, evidenceKey(base, names));
  return evidence && holds(base, evidence, digestOfFile) ? evidence.program : undefined;
}

/**
 * @param root its real path
 * @param since see {@link factsHold}
 */
export function holds(root: string, evidence: ProgramEvidence, digestOfFile: DigestOfFile, since?: number): boolean {
  return (
    evidence.facts !== undefined &&
    evidence.surroundings === surroundings(root) &&
    factsHold(root, evidence.facts, digestOfFile, since)
  );
}

/** Both as real paths. */
export function evidenceKey(root: string, roots: readonly string[]): Digest {
  const names = roots.map((file) => relativeTo(root, file)).sort();
  return digestParts("program-evidence", [...versionedBy, ...names]);
}

export function readEvidence(derived: DerivedCache, key: Digest): ProgramEvidence | undefined {
  const bytes = derived.get(kind, key);
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as ProgramEvidence);
}

export function writeEvidence(derived: DerivedCache, key: Digest, evidence: ProgramEvidence): void {
  derived.put(kind, key, Buffer.from(JSON.stringify(evidence)));
}

/**
 * What besides files tells where specifiers lead: options of the process such as `--conditions`, and in how many folders above
 * the project something may be found.
 */
export function surroundings(root: string): Digest {
  const { NODE_OPTIONS = "", NODE_PATH = "" } = process.env;
  const depth = root.split(path.sep).length;
  return digestParts("surroundings", [NODE_OPTIONS, NODE_PATH, [...process.execArgv], depth]);
}
