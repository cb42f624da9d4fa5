import path from "node:path";
import { isUserFile, languageOf } from "./module-path.ts";
import { locate } from "./resolve.ts";

/** The module that the process was started with, where that is a user's and not the `sluice` command. */
export function mainModule(): string | undefined {
  const main = process.argv[1];
  const file = main === undefined ? undefined : locate(path.resolve(main));
  if (file === undefined || !isUserFile(file)) return undefined;
  const language = languageOf(file);
  return language === undefined || language === "json" ? undefined : file;
}
