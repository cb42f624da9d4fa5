const digits = "0123456789abcdef";

/**
 * Random hexadecimal digits, for names that only have to differ from others. Not for secrets: loading Node's cryptography for
 * them would cost every run several milliseconds.
 */
export function randomDigits(count: number): string {
  let name = "";
  for (let i = 0; i < count; i++) name += digits[Math.floor(Math.random() * 16)];
  return name;
}
