import { formatDate } from '#formats/message'
import { isWho, type Who } from '../people.ts'
import { leaf, writeEntity } from '../source/entity.ts'
import { writeAddress, writeText } from '../source/header.ts'
import { withOffset } from '../times.ts'
import type { Setting } from './make.ts'

const STYLE = { charset: 'utf-8', isRaw: false }
const DAY_MS = 86_400_000

/** A whole message to be enclosed in another. Words: `from > to | subject`, an empty line, and its text. @throws Error */
export function writeEnclosed(words: string, { written, mailboxOf }: Setting): Buffer {
  const [, from = '', to = '', subject = '', text = ''] = /^(\w+) > (\w+) \| (.+)\n\n([\s\S]+)$/.exec(words) ?? []
  const mailbox = (who: string): string => {
    if (!isWho(who)) throw new Error(`nobody is called "${who}"`)
    const { name, address } = mailboxOf(who satisfies Who)
    return writeAddress(name, address, STYLE)
  }
  const { fields, body } = leaf('text/plain', { charset: 'utf-8' }, Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n`))
  return writeEntity({
    fields: [
      ['From', mailbox(from)],
      ['To', mailbox(to)],
      ['Subject', writeText(subject, STYLE)],
      ['Date', formatDate(withOffset(new Date(written.getTime() - DAY_MS))) ?? ''],
      ['MIME-Version', '1.0'],
      ...fields,
    ],
    body,
  })
}
