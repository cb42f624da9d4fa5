/** From here on, moving bytes is cheaper than copying them. */
const worthMoving = 64 << 10;

/**
 * Bytes to be sent to another thread. What is moved is gone here, so of bytes that somebody else may hold a copy is moved.
 * @param own whether nobody else holds them
 */
export function sendBytes(bytes: Uint8Array, own: boolean, moved: ArrayBuffer[]): Uint8Array {
  const whole = own && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  // A view is cloned with all that lies around it.
  const sent = whole ? bytes : new Uint8Array(bytes);
  if (sent.byteLength >= worthMoving) moved.push(sent.buffer as ArrayBuffer);
  return sent;
}
