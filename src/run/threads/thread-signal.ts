import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { SluiceError } from "../../core/failure.ts";
import type { Stop } from "./messages.ts";

/**
 * A signal that is aborted when the thread of the run says so. A function that computes without a pause lets no message in, so
 * whoever asks the signal looks for one.
 */
export function threadSignal(port: MessagePort): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = ({ failure }: Stop): void => controller.abort(new SluiceError(failure));
  const look = (): void => {
    const received = receiveMessageOnPort(port);
    if (received) stop(received.message as Stop);
  };
  port.on("message", stop);
  const { get: aborted } = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!;
  const { throwIfAborted } = AbortSignal.prototype;
  const isAborted = (): boolean => aborted!.call(signal) as boolean;
  Object.defineProperties(signal, {
    aborted: {
      get: () => {
        if (!isAborted()) look();
        return isAborted();
      },
    },
    throwIfAborted: {
      value: () => {
        if (!isAborted()) look();
        throwIfAborted.call(signal);
      },
    },
  });
  return signal;
}
