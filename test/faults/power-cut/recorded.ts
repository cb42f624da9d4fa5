/** The recorded work that is kept in the repository: made on Linux by `write-fixture.ts`. */
export const fixture = { file: "recorded.log.zst", seed: 2, steps: 8 };
