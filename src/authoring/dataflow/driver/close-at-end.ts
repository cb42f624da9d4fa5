interface Closable {
  close(): Promise<void>;
}

const open = new Set<Closable>();
let isListening = false;

/** Closes something before the program ends, unless that is called off by what this gives. */
export function closeAtEnd(closable: Closable): () => void {
  open.add(closable);
  if (!isListening) {
    isListening = true;
    process.once("beforeExit", async () => {
      isListening = false;
      await Promise.all([...open].map((each) => each.close()));
    });
  }
  return () => open.delete(closable);
}
