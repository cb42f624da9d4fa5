import fc from "fast-check";

// A property that fails is made smaller by running it, again and again, and no time limit of a test ends what never
// waits: after ten minutes what was found so far is told. Long tests (SLUICE_LONG) take the time that they need.
if (process.env.SLUICE_LONG === undefined) fc.configureGlobal({ interruptAfterTimeLimit: 600_000 });
