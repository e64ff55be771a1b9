/** Text as IMAP sends it. RFC 9051 §9. */

/** What stands between quotation marks as it is: nearly all that lists are made of. */
const SIMPLE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const PLAIN = /^[\x20-\x7e]*$/
const QUOTABLE = /^[^\x00\r\n]*$/u
const MOST_QUOTED = 1000

/**
 * string: quoted where that can be, else a literal.
 * @param utf8  whether quoted strings may hold UTF-8 (RFC 6855 §3, RFC 9051 §4.3)
 */
export function string(text: string, utf8 = false): string {
  if (text.length <= MOST_QUOTED && SIMPLE.test(text)) return `"${text}"`
  if (text.length <= MOST_QUOTED && (PLAIN.test(text) || (utf8 && QUOTABLE.test(text))))
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  const sent = text.replaceAll('\0', '')
  return `{${Buffer.byteLength(sent)}}\r\n${sent}`
}

export const nstring = (text: string | null | undefined, utf8 = false): string =>
  text === null || text === undefined ? 'NIL' : string(text, utf8)

/** astring: an atom where it can be one. */
export const astring = (text: string, utf8 = false): string =>
  /^[A-Za-z0-9!#$&'+,./:;<=>?@^_`|}~-]+$/.test(text) && text.toUpperCase() !== 'NIL' ? text : string(text, utf8)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (number: number): string => String(number).padStart(2, '0')

/** date-time, in UTC. @param seconds  since 1970 */
export function dateTime(seconds: number): string {
  const at = new Date(seconds * 1000)
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`
  return `"${two(at.getUTCDate())}-${MONTHS[at.getUTCMonth()]}-${at.getUTCFullYear()} ${time} +0000"`
}
