const calls = new Set<() => void>();

/**
 * Has something done as the process exits, unless that is called off by what this gives. It takes one listener, however many there are:
 * Node warns of more than ten.
 */
export function atExit(call: () => void): () => void {
  if (calls.size === 0) process.on("exit", callAll);
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size === 0) process.off("exit", callAll);
  };
}

function callAll(): void {
  for (const call of calls) call();
}
