import iconv from 'iconv-lite'

const ESCAPE = 0x1b
/** JIS X 0208 and back to ASCII. */
const TO_JAPANESE = Buffer.of(ESCAPE, 0x24, 0x42)
const TO_ASCII = Buffer.of(ESCAPE, 0x28, 0x42)

/** Text in a charset that mail is written in. @throws Error when the charset lacks one of its characters */
export function encodeText(text: string, charset: string): Buffer {
  const bytes = charset === 'iso-2022-jp' ? encodeJapanese(text) : iconv.encode(text, charset)
  const back = charset === 'iso-2022-jp' ? new TextDecoder(charset).decode(bytes) : iconv.decode(bytes, charset)
  if (back !== text) throw new Error(`${charset} lacks a character of this text`)
  return bytes
}

/** ISO-2022-JP is EUC-JP with its high bits taken away, between escapes; iconv-lite has only the latter. */
function encodeJapanese(text: string): Buffer {
  const runs = text.match(/[\0-\x7f]+|[^\0-\x7f]+/g) ?? []
  return Buffer.concat(
    runs.flatMap((run) => {
      const bytes = iconv.encode(run, 'euc-jp')
      return run.charCodeAt(0) < 0x80 ? [bytes] : [TO_JAPANESE, bytes.map((byte) => byte & 0x7f) as Buffer, TO_ASCII]
    }),
  )
}
