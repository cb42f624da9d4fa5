import type { Calling, HookSet, Named } from "./hook-set.ts";

/**
 * Does work within layers of hooks, the first outermost. Whatever they do, the work is done once, and what it gives or throws is what
 * counts.
 * @throws HookError where a layer throws something else, or does not do the work
 */
export async function within<Method extends "aroundNode" | "aroundTask", T>(
  hooks: HookSet,
  layers: readonly Named<Method>[],
  calling: Calling,
  call: (hook: Named<Method>["hook"], work: () => Promise<void>) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  let done: Promise<T> | undefined;
  let next = async (): Promise<void> => {
    done ??= work();
    await done;
  };
  for (const named of layers.toReversed()) {
    const inner = next;
    next = () => layer(hooks, named, calling, (work) => call(named.hook, work), inner);
  }
  await next();
  return done!;
}

async function layer(
  hooks: HookSet,
  named: Named<never>,
  calling: Calling,
  call: (work: () => Promise<void>) => Promise<void>,
  inner: () => Promise<void>,
): Promise<void> {
  let going: Promise<void> | undefined;
  const once = (): Promise<void> => {
    if (!going) {
      going = inner();
      // A hook may do something else while the work fails: it is looked at when the hook has returned.
      going.catch(() => {});
    }
    return going;
  };
  try {
    await call(once);
    if (!going) throw new Error("it did not call the work that it was given");
  } catch (error) {
    // What the work throws comes through here as well, and is no fault of the hook.
    if (!going || (await thrownBy(going)) !== error) hooks.failed(named, calling, error);
  }
  await once();
}

async function thrownBy(going: Promise<void>): Promise<unknown> {
  try {
    await going;
    return undefined;
  } catch (error) {
    return error;
  }
}
