import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { systemCode } from "../../platform/files.ts";
import type { Store } from "../workspace.ts";

/*
 * Records and values may be in two folders. Whoever cleans one of them knows nothing of the other: values are not garbage there because
 * no record refers to them, nor is a record because its values are not to be found. So each has a sign that says so.
 */

const signs = { values: "values-of-others", records: "values-elsewhere" } as const;

/** What is kept in a folder while the rest is somewhere else. */
export type Part = keyof typeof signs;

/** @param home the folder `v1`, which is there */
export function signPart(home: string, part: Part): void {
  const sign = path.join(home, signs[part]);
  if (existsSync(sign)) return;
  try {
    writeFileSync(sign, "", { mode: 0o600 });
  } catch (error) {
    // A folder that cannot be written is not cleaned either; on a full disk the next one comes to it.
    if (systemCode(error) === undefined) throw error;
  }
}

/** Whether a folder has been used for that part alone. */
export function hasPart({ cacheDir }: Pick<Store, "cacheDir">, part: Part): boolean {
  return cacheDir !== undefined && existsSync(path.join(cacheDir, "v1", signs[part]));
}
