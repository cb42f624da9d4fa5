import { catalogue } from "../../src/commands/catalogue.ts";
import { type Command, isGroup } from "../../src/commands/command.ts";

/** Every command by its whole name (`run`, `cache gc`), those of groups included. */
export async function everyCommand(): Promise<ReadonlyMap<string, Command>> {
  const all = new Map<string, Command>();
  for (const [name, load] of Object.entries(catalogue)) {
    const entry = await load();
    if (!isGroup(entry)) all.set(name, entry);
    else for (const [verb, loadVerb] of Object.entries(entry.verbs)) all.set(`${name} ${verb}`, await loadVerb());
  }
  return all;
}
