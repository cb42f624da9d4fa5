import type { DecodeOptions, Encoded } from "../../store/format.ts";
import { auto } from "../../store/formats/auto.ts";
import { EncodedValue, encodeValue } from "../make/encoded-value.ts";
import type { CallRequest, SentResult } from "./messages.ts";
import { sendBytes } from "./sent-bytes.ts";

/**
 * Sends what a stage's function gave, in the thread in which it did.
 * @throws SluiceError `unversionable`, `unsupported-value`
 */
export async function sendResult(
  { stage, encoded: wanted }: Pick<CallRequest, "stage" | "encoded">,
  value: unknown,
  moved: ArrayBuffer[],
): Promise<SentResult> {
  if (!wanted) {
    const encoded = auto.encode(value) as Encoded;
    return { kind: "value", encoded: { ...encoded, bytes: sendBytes(encoded.bytes, true, moved) } };
  }
  const { format, encoded, readable } = await encodeValue(stage, value);
  // The canonical encoding is always made anew; another format may give bytes that the function still holds.
  const bytes = sendBytes(encoded.bytes, format === "auto", moved);
  return {
    kind: "encoded",
    format,
    encoded: { ...encoded, bytes },
    readable:
      readable === encoded.bytes
        ? bytes
        : readable instanceof Uint8Array
          ? sendBytes(readable, false, moved)
          : readable,
  };
}

/** What was sent: an {@link EncodedValue}, or the value itself. */
export async function receiveResult(sent: SentResult, revivers: DecodeOptions): Promise<unknown> {
  if (sent.kind === "encoded") return new EncodedValue(sent.format, sent.encoded, sent.readable);
  return auto.decode(sent.encoded.bytes, sent.encoded.params, revivers);
}
