/**
 * A text as a quoted string of Sieve (RFC 5228 §2.4.2). NUL, which no script may have, is left out. In scripts with `variables` or
 * `encoded-character` a "${" of the text keeps the meaning it has there.
 */
export function quote(text: string): string {
  return `"${tidy(text).replace(/["\\]/g, String.raw`\$&`)}"`
}

/**
 * A text as a block of lines, for what people shall be able to read in their script (RFC 5228 §2.4.2). Its value ends with a line end,
 * also when the text does not. Otherwise as `quote`.
 */
export function textBlock(text: string): string {
  const lines = tidy(text).replace(/\r\n$/, '').split('\r\n')
  return `text:\r\n${lines.map((line) => (line.startsWith('.') ? `.${line}` : line)).join('\r\n')}\r\n.\r\n`
}

function tidy(text: string): string {
  return text.replaceAll('\0', '').replace(/\r\n?|\n/g, '\r\n')
}
