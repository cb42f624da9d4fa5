const { enableCompileCache } = require("node:module");

enableCompileCache();

// Early releases of Node 24 call their SQLite experimental, at every start; nothing else is silenced.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  const type = typeof rest[0] === "string" ? rest[0] : rest[0]?.type;
  if (type === "ExperimentalWarning" && String(warning).includes("SQLite")) return;
  emitWarning.call(process, warning, ...rest);
};

import("../dist/cli.js");
