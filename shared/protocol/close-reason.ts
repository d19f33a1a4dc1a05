// What a close frame has room for.

/** A control frame carries 125 bytes; two of them are the code. */
export const MAX_REASON_BYTES = 123;

/** Cuts a reason to what fits, between two characters. */
export function cutReason(text: string): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, MAX_REASON_BYTES);
  // A byte that begins 10... goes on with the character before it.
  while (end < bytes.length && end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
