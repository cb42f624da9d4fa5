/** Reads `name=5 other=2` as numbers by name. */
export function given<const Name extends string>(
  texts: readonly string[],
  names: readonly Name[],
): { [Each in Name]?: number } {
  const values: { [Each in Name]?: number } = {};
  for (const text of texts) {
    const [name = "", value = ""] = text.split("=");
    const known = names.find((each) => each === name);
    if (known === undefined || value === "" || Number.isNaN(Number(value))) {
      throw new Error(`${text}? It takes ${names.map((each) => `${each}=NUMBER`).join(", ")}`);
    }
    values[known] = Number(value);
  }
  return values;
}
