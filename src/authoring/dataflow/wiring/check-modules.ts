import path from "node:path";
import { importModule } from "../../../analyse/load/loader.ts";
import { projectFolder } from "../../../run/project-folder.ts";
import type { Driver } from "../driver/driver.ts";
import type { Config } from "../graph/flow-node.ts";
import { checkWiring } from "./check-wiring.ts";
import type { GivenModule } from "./given-modules.ts";
import type { WiringReport } from "./problem.ts";

/** What is said of modules that no driver is at hand for. */
export interface CheckModulesOptions {
  /** The names of inputs; what is missing is only told where this is given. */
  readonly inputs?: readonly string[];
  readonly config?: Config;
}

/**
 * Checks the wiring of modules: of the drivers that they export, each with its own modules, and of all modules that export none
 * together, as one driver would have them.
 * @param files absolute paths
 * @throws SluiceError `load-failed`; `usage` as `checkWiring`
 */
export async function checkModules(
  files: readonly string[],
  { inputs, config = {} }: CheckModulesOptions,
): Promise<readonly WiringReport[]> {
  const { Driver } = await import("../driver/driver.ts");
  const drivers = new Set<Driver>();
  const modules: GivenModule[] = [];
  for (const [index, file] of files.entries()) {
    const exports = await importModule(file, { derived: { get: () => undefined, put: () => {} } });
    const own = Object.values(exports).filter((value): value is Driver => value instanceof Driver);
    for (const driver of own) drivers.add(driver);
    if (own.length === 0) modules.push({ name: path.basename(file), file, exports, call: () => [], index });
  }
  const reports: WiringReport[] = [];
  for (const driver of drivers) reports.push(await driver.validate(inputs ? { inputs } : {}));
  const [first] = modules;
  if (first) {
    const root = projectFolder(path.dirname(first.file!));
    const given = { modules, known: [], config, allowOverrides: false };
    reports.push(checkWiring(root, given, inputs ? { inputs } : {}));
  }
  return reports;
}
