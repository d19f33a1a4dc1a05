// Text from elsewhere on its way to a terminal, which it must not drive.

/** Control characters, line separators and the marks that turn the direction of writing, as escapes. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
