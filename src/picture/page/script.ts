import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * The page's script, in one piece. This bundles it from its source; the build of the package puts the finished text in place of
 * this module (see tsdown.config.ts), made by the same function.
 */
export async function pageScript(): Promise<string> {
  const esbuild = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL("client/main.ts", import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]!.text.trim();
}
