import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { join } from "node:path";

/**
 * Fetches a file of an npm package, by an address such as `name@1.2.3/data/file.csv`. The package is installed, so this example works
 * offline; with `https://` in front it would be a download like any other.
 */
export async function fetchText(address: string): Promise<string> {
  const [, name, version, path] = /^(@?[^@]+)@([^/]+)\/(.+)$/.exec(address) ?? [];
  if (name === undefined || version === undefined || path === undefined) throw new Error(`not an address: ${address}`);
  const manifest = findPackageJSON(name, import.meta.url);
  if (manifest === undefined) throw new Error(`${name} is not installed: run npm install`);
  // sluice-allow: file -- the address names the version, so it counts; that it is this one is checked here
  const installed = JSON.parse(await readFile(manifest, "utf8")).version;
  if (installed !== version) throw new Error(`${address} is not here: ${name} ${installed} is installed`);
  // sluice-allow: file -- the content of a published version does not change
  return readFile(join(manifest, "..", path), "utf8");
}
