import { parseBunLockfile } from "./bun-lockfile.ts";
import type { LockedBy, LockedPackages } from "./locked-packages.ts";
import { parseNpmLockfile } from "./npm-lockfile.ts";
import { parsePnpmLockfile } from "./pnpm-lockfile.ts";
import { parseYarnLockfile } from "./yarn-lockfile.ts";

/** A lockfile that may be in a folder. */
export interface LockfileFormat {
  /** Its path in the folder, `/` between parts. */
  readonly file: string;
  readonly by: LockedBy;
  /** @throws what the parser throws, for what is not of the format */
  readonly parse: (text: string) => LockedPackages;
}

/** Those first that say what is installed, and not only what should be. */
export const lockfileFormats: readonly LockfileFormat[] = [
  { file: "node_modules/.package-lock.json", by: "place", parse: parseNpmLockfile },
  { file: "node_modules/.pnpm/lock.yaml", by: "name", parse: parsePnpmLockfile },
  { file: "npm-shrinkwrap.json", by: "place", parse: parseNpmLockfile },
  { file: "package-lock.json", by: "place", parse: parseNpmLockfile },
  { file: "pnpm-lock.yaml", by: "name", parse: parsePnpmLockfile },
  { file: "yarn.lock", by: "name", parse: parseYarnLockfile },
  { file: "bun.lock", by: "name", parse: parseBunLockfile },
];
