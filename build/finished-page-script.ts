import { pathToFileURL } from "node:url";
import type { Rolldown } from "tsdown";

/** The script of the page that `sluice graph` makes, bundled now: so nothing is bundled where the package is used. */
export function finishedPageScript(): Rolldown.Plugin {
  return {
    name: "finished-page-script",
    async load(id) {
      if (!id.endsWith("/picture/page/script.ts")) return null;
      const { pageScript } = (await import(pathToFileURL(id).href)) as typeof import("../src/picture/page/script.ts");
      return `export async function pageScript() { return ${JSON.stringify(await pageScript())}; }`;
    },
  };
}
