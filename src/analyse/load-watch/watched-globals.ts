import type { LoadNotes } from "./load-notes.ts";
import type { Patches } from "./patches.ts";

/** Global functions and classes whose use reaches outside, or depends on time. That they are there may be asked. */
const refused: Readonly<Record<string, string>> = {
  fetch: "uses the network",
  setTimeout: "uses a timer",
  setInterval: "uses a timer",
};

/** The same, for what Node loads when it is first looked at, which takes it long. */
const refusedLater: Readonly<Record<string, string>> = {
  WebSocket: "uses the network",
  EventSource: "uses the network",
  BroadcastChannel: "talks to other threads",
};

/** Watches what a module that is about to be evaluated has the name of. */
export function watchNamed(text: string, notes: LoadNotes, patches: Patches): void {
  for (const [name, what] of Object.entries(refusedLater)) {
    if (text.includes(name)) patches.calls(globalThis, name, () => void notes.refuse(what));
  }
}

/** Watches the global functions and objects that reach outside. */
export function watchGlobals(notes: LoadNotes, patches: Patches): void {
  for (const [name, what] of Object.entries(refused)) {
    patches.calls(globalThis, name, () => void notes.refuse(what));
  }
  patches.calls(URL, "createObjectURL", () => void notes.refuse("uses random numbers"));
  patches.calls(AbortSignal, "timeout", () => void notes.refuse("uses a timer"));
  for (const name of ["localStorage", "sessionStorage"]) {
    patches.reads(globalThis, name, () => notes.refuse("uses the storage of the browser"));
  }
  for (const name of Object.keys(console)) {
    if (name !== "Console" && name !== "context" && name !== "createTask") {
      patches.calls(console, name, () => void notes.refuse("prints"));
    }
  }
  patches.reads(globalThis, "navigator", (navigator) => {
    if (navigator instanceof Object) watchNavigator(navigator, notes, patches);
  });
  patches.reads(globalThis, "crypto", (crypto) => {
    if (crypto instanceof Object) watchWebCrypto(crypto, notes, patches);
  });
}

function watchNavigator(navigator: object, notes: LoadNotes, patches: Patches): void {
  const members = Object.getPrototypeOf(navigator) as object;
  for (const name of Object.getOwnPropertyNames(members)) {
    if (name === "constructor") continue;
    patches.reads(members, name, () => {
      if (name === "locks") notes.refuse("waits for other threads");
      else notes.fact("navigator", name);
    });
  }
}

/** Methods of Web Crypto that give the same for the same. */
const computing = new Set(
  "constructor digest verify importKey exportKey deriveBits deriveKey decrypt unwrapKey".split(" "),
);

/** The object that is `crypto` and `webcrypto` of `node:crypto`. Node loads it when it is first asked for. */
export function watchWebCrypto(crypto: object, notes: LoadNotes, patches: Patches): void {
  const methods = Object.getPrototypeOf(crypto) as object;
  for (const name of ["getRandomValues", "randomUUID"]) {
    patches.calls(methods, name, () => void notes.refuse("uses random numbers"));
  }
  const operations = Object.getPrototypeOf(notes.aside(() => (crypto as typeof globalThis.crypto).subtle)) as object;
  for (const name of Object.getOwnPropertyNames(operations)) {
    if (!computing.has(name)) patches.calls(operations, name, () => void notes.refuse("uses random numbers"));
  }
}
