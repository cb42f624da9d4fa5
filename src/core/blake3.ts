import { createRequire } from "node:module";

type Library = typeof import("@napi-rs/blake-hash");

const require = createRequire(import.meta.url);

/** Where the library keeps its machine code on the systems that most people have. */
const binaries: Readonly<Record<string, string>> = {
  "linux-x64": "@napi-rs/blake-hash-linux-x64-gnu",
  "linux-arm64": "@napi-rs/blake-hash-linux-arm64-gnu",
  "darwin-arm64": "@napi-rs/blake-hash-darwin-arm64",
  "darwin-x64": "@napi-rs/blake-hash-darwin-x64",
  "win32-x64": "@napi-rs/blake-hash-win32-x64-msvc",
};

/**
 * The library finds its binary by trying names and asking which C library the system has, which takes 2 ms at every start. The
 * usual one is tried first; where it is not there or does not fit, the library looks for itself.
 */
function load(): Library {
  const usual = binaries[`${process.platform}-${process.arch}`];
  try {
    if (usual !== undefined) return require(usual) as Library;
  } catch {
    // another C library, or a package manager that puts packages elsewhere
  }
  return require("@napi-rs/blake-hash") as Library;
}

export const { Blake3Hasher } = load();
