import { writeField, writeParameters, type Field } from './header.ts'

/** A MIME entity (RFC 2045 §2.4): fields and a body in its transfer encoding. */
export interface Entity {
  fields: Field[]
  body: Buffer
}

export type Encoding = '7bit' | '8bit' | 'quoted-printable' | 'base64'

/** RFC 2045 §6.7 and §6.8. */
const LINE = 76
/** RFC 5322 §2.1.1 */
const LONGEST_LINE = 998

/**
 * One part.
 * @param content  text with CRLF line ends, or any bytes
 * @param encoding  the shortest that fits, when not given
 */
export function leaf(
  type: string,
  parameters: Record<string, string>,
  content: Buffer,
  { encoding = bestEncoding(content), more = [] as Field[] } = {},
): Entity {
  return {
    fields: [
      ['Content-Type', type + writeParameters(parameters)],
      ...(encoding === '7bit' ? [] : [['Content-Transfer-Encoding', encoding] as const]),
      ...more,
    ],
    body: ENCODERS[encoding](content),
  }
}

/** Several parts under one. `boundary` must not occur in them. */
export function multipart(
  subtype: string,
  boundary: string,
  parts: readonly Entity[],
  parameters: Record<string, string> = {},
): Entity {
  return {
    fields: [['Content-Type', `multipart/${subtype}${writeParameters({ ...parameters, boundary })}`]],
    body: Buffer.concat([
      ...parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), writeEntity(part), Buffer.from('\r\n')]),
      Buffer.from(`--${boundary}--\r\n`),
    ]),
  }
}

export const writeEntity = ({ fields, body }: Entity): Buffer =>
  Buffer.concat([Buffer.from(`${fields.map(writeField).join('')}\r\n`, 'latin1'), body])

const ENCODERS: Record<Encoding, (content: Buffer) => Buffer> = {
  '7bit': (content) => content,
  '8bit': (content) => content,
  'quoted-printable': quotedPrintable,
  base64: (content) =>
    Buffer.from((content.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []).join('\r\n')),
}

function bestEncoding(content: Buffer): Encoding {
  const text = content.toString('latin1')
  const coded = text.match(/[^\x01-\x7f]/g)?.length ?? 0
  if (coded === 0 && text.split('\r\n').every((line) => line.length <= LONGEST_LINE)) return '7bit'
  return coded > text.length / 4 ? 'base64' : 'quoted-printable'
}

/** RFC 2045 §6.7: lines of at most 76 characters, no space at the end of one. */
function quotedPrintable(content: Buffer): Buffer {
  const lines = content
    .toString('latin1')
    .split('\r\n')
    .map((line) => {
      const units = line.match(/[!-<>-~]|[\s\S]/g) ?? []
      let written = ''
      let length = 0
      units.forEach((unit, at) => {
        const isSafe = /[!-<>-~]/.test(unit) || (unit === ' ' && at < units.length - 1)
        const code = isSafe ? unit : `=${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
        if (length + code.length > LINE - 1) {
          written += '=\r\n'
          length = 0
        }
        written += code
        length += code.length
      })
      return written
    })
  return Buffer.from(lines.join('\r\n'), 'latin1')
}
