import { encodeWords, type EmailAddress } from '#formats/message'
import type { Summary } from '#mail'
import { nstring, string } from '../output/strings.ts'

/** envelope. RFC 9051 §7.5.2. Text is encoded words, or UTF-8 for who has said that it may be (RFC 6855 §3). */
export function envelopeOf(summary: Summary, utf8: boolean): string {
  const text = (value: string | null): string => nstring(value === null || utf8 ? value : wire(value), utf8)
  const list = (addresses: EmailAddress[] | null): string => addressList(addresses, utf8)
  const from = list(summary.from)
  const listOrFrom = (addresses: EmailAddress[] | null): string => (addresses === null ? from : list(addresses))
  const ids = (some: string[] | null): string => nstring(some?.map((id) => `<${id}>`).join(' '), utf8)
  return (
    `(${nstring(dateOf(summary.sentAt))} ${text(summary.subject)} ${from} ${listOrFrom(summary.sender)} ` +
    `${listOrFrom(summary.replyTo)} ${list(summary.to)} ${list(summary.cc)} ${list(summary.bcc)} ` +
    `${ids(summary.inReplyTo)} ${ids(summary.messageId)})`
  )
}

/** Text for those who read ASCII alone. RFC 2047. */
const wire = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : encodeWords(text))

function addressList(addresses: EmailAddress[] | null, utf8: boolean): string {
  if (addresses === null || addresses.length === 0) return 'NIL'
  let list = '('
  for (const { name, email } of addresses) {
    const at = email.lastIndexOf('@')
    const [local, host] = at === -1 ? [email, null] : [email.slice(0, at), email.slice(at + 1)]
    const shown = name === null || utf8 ? name : wire(name)
    list += `(${nstring(shown, utf8)} NIL ${string(local, utf8)} ${nstring(host ?? '', utf8)})`
  }
  return `${list})`
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The Date field as RFC 5322 writes it, from JMAP's Date: `2026-07-01T09:30:00+02:00`. */
export function dateOf(date: string | null): string | null {
  const [, year = '', month = '', day = '', time, offset = ''] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(date ?? '') ?? []
  if (time === undefined) return null
  const weekday = DAYS[new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay()]
  const zone = offset === 'Z' ? '+0000' : offset.replace(':', '')
  return `${weekday}, ${Number(day)} ${MONTHS[Number(month) - 1]} ${year} ${time} ${zone}`
}
