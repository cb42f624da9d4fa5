#!/usr/bin/env node
/* Written for every Node there ever was, so that an old one says what is wrong instead of failing to read this. */
var major = parseInt(process.versions.node, 10);
if (major >= 24) {
  require("./start.js");
} else {
  process.stderr.write(
    "error: Sluice needs Node 24 or newer, and this is Node " +
      process.versions.node +
      "\n  at " +
      process.execPath +
      "\n  hint: install a newer one from https://nodejs.org, or run: npm install node@24 in your project\n",
  );
  process.exit(2);
}
