/** The header of a letter, field by field as they stand there, a character for each byte; and where it ends. */
export function headerFields(content: Buffer): { fields: string[]; end: number } {
  const end = endOfHeader(content)
  return { fields: content.toString('latin1', 0, end).split(/(?<=\n)(?![ \t])/), end }
}

/** The letter with other fields. */
export const withFields = (content: Buffer, fields: readonly string[], end: number): Buffer =>
  Buffer.concat([Buffer.from(fields.join(''), 'latin1'), content.subarray(end)])

/** Where the empty line stands. */
export function endOfHeader(content: Buffer): number {
  if (content[0] === 10 || (content[0] === 13 && content[1] === 10)) return 0
  const [crlf, lf] = [content.indexOf('\r\n\r\n'), content.indexOf('\n\n')]
  if (crlf === -1 && lf === -1) return content.length
  if (crlf === -1) return lf + 1
  return lf === -1 ? crlf + 2 : Math.min(crlf + 2, lf + 1)
}
