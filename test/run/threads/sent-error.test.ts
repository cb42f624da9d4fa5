import { describe, expect, test } from "vitest";
import { failure, SluiceError } from "../../../src/core/failure.ts";
import { receiveError, sendError } from "../../../src/run/threads/sent-error.ts";

class OwnError extends Error {
  override name = "OwnError";
}

function there(thrown: unknown): unknown {
  return receiveError(structuredClone(sendError(thrown)));
}

describe("an error on its way out of a thread", () => {
  test("keeps its type, name, message, stack, causes and properties", () => {
    const error = new RangeError("outer", { cause: new TypeError("inner", { cause: "a text" }) });
    Object.assign(error, { code: "E_X", detail: { at: [1] }, socket: () => 1 });
    const received = there(error) as RangeError & { code: string; detail: unknown; socket: unknown };
    expect(received).toBeInstanceOf(RangeError);
    expect(received.message).toBe("outer");
    expect(received.stack).toBe(error.stack);
    expect(received.code).toBe("E_X");
    expect(received.detail).toEqual({ at: [1] });
    expect(received).not.toHaveProperty("socket");
    expect(received.cause).toBeInstanceOf(TypeError);
    expect((received.cause as Error).cause).toBe("a text");
  });

  test("of a class of one's own has its name, and is an Error", () => {
    const received = there(new OwnError("mine")) as Error;
    expect(received).toBeInstanceOf(Error);
    expect([received.name, String(received)]).toEqual(["OwnError", "OwnError: mine"]);
  });

  test("that holds others holds them still", () => {
    const received = there(new AggregateError([new TypeError("one"), 2n], "all")) as AggregateError;
    expect(received).toBeInstanceOf(AggregateError);
    expect(received.errors[0]).toBeInstanceOf(TypeError);
    expect(received.errors[1]).toBe(2n);
  });

  test("that is a failure of ours stays one, with what is underneath", () => {
    const sent = new SluiceError(
      failure("missing-file", "gone", { hint: "look", retryable: true, cause: new Error("ENOENT") }),
    );
    const received = there(sent) as SluiceError;
    expect(received).toBeInstanceOf(SluiceError);
    expect(received.failure).toMatchObject({ reason: "missing-file", message: "gone", hint: "look", retryable: true });
    expect((received.cause as Error).message).toBe("ENOENT");
  });

  test("may be no error, be its own cause, or throw when it is looked at", () => {
    expect(there({ a: [-0, undefined] })).toEqual({ a: [-0, undefined] });
    expect(there(undefined)).toBe(undefined);
    expect(there(() => 1)).toMatch(/Function/);
    const circle = new Error("circle");
    circle.cause = circle;
    expect((there(circle) as Error).message).toBe("circle");
    const hostile = new Error("x");
    Object.defineProperty(hostile, "message", {
      get() {
        throw new Error("not you");
      },
    });
    expect((there(hostile) as Error).message).toBe("");
  });
});
