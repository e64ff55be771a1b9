const [LF, CR, DOT] = [10, 13, 46]

/**
 * A message as it goes over the wire: dots at the beginning of lines doubled, and CRLF at the end of every line, the last too
 * (RFC 1939 §3, RFC 5321 §4.5.2). LF alone becomes CRLF, for clients read it as the end of a line, and a message could
 * otherwise say where it ends and what comes after it.
 * @param bodyLines  lines of the body that are wanted after the header and its empty line; all of them without it
 */
export async function* transparent(
  pieces: AsyncIterable<Uint8Array>,
  bodyLines = Infinity,
): AsyncGenerator<Uint8Array> {
  let last = LF
  let isEmptyLine = true
  let isInBody = false
  let left = bodyLines
  for await (const piece of pieces) {
    const sent = Buffer.allocUnsafe(piece.length * 2)
    let length = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number
      if (byte === DOT && last === LF) sent[length++] = DOT
      else if (byte === LF && last !== CR) sent[length++] = CR
      sent[length++] = byte
      last = byte
      if (byte !== LF) {
        if (byte !== CR) isEmptyLine = false
        continue
      }
      if (isInBody) left--
      else isInBody = isEmptyLine
      isEmptyLine = true
      if (isInBody && left <= 0) {
        yield sent.subarray(0, length)
        return
      }
    }
    yield sent.subarray(0, length)
  }
  if (last !== LF) yield Buffer.from(last === CR ? '\n' : '\r\n')
}
