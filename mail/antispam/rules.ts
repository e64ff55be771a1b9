import { envelope, findFields, htmlToText, partText, walkParts, type Message } from '#formats/message'
import type { Finding } from '#mail/findings'
import { nowMs } from '#system'

/** Bytes of each page that are looked at, and pages and links of a letter. */
const MOST_BYTES = 64 * 1024
const MOST_PAGES = 4
const MOST_LINKS = 200

/** What lies between a link's beginning and its end that is still taken for its text. */
const MOST_LINK_TEXT = 500

const DAY_MS = 86_400_000

/** How far the date of an honest letter may be off: clocks are wrong by a time zone, and letters lie in queues for a week. */
const AHEAD_MS = 2 * DAY_MS
const BEHIND_MS = 30 * DAY_MS

/** What a letter's form says of it, whoever brings it. Bounded, whatever it holds. @param message  parsed from its beginning */
export const lookAtForm = (message: Message): Finding[] => [...lookAtHeader(message), ...lookAtPages(message)]

function lookAtHeader(message: Message): Finding[] {
  const { date, messageId, subject } = envelope(message)
  const found: Finding[] = []
  // RFC 5322 §3.6 wants a date and one author; it asks for a Message-ID.
  if (date === null || messageId === null) found.push({ name: 'headerIncomplete' })
  if (findFields(message, message.root, 'From').length > 1) found.push({ name: 'severalAuthors' })
  const behind = date === null ? 0 : nowMs() - Date.parse(date)
  if (behind > BEHIND_MS || behind < -AHEAD_MS) found.push({ name: 'dateFarOff' })
  const letters = (subject ?? '').replace(/[^\p{Lu}\p{Ll}]/gu, '')
  if (letters.length >= 12 && !/\p{Ll}/u.test(letters)) found.push({ name: 'subjectShouts' })
  return found
}

function lookAtPages(message: Message): Finding[] {
  const found = new Map<string, Finding>()
  let [pages, text, pictures] = [0, 0, 0]
  for (const part of walkParts(message.root, true)) {
    if (part.type !== 'text' || part.disposition === 'attachment') continue
    if (part.subtype !== 'html') {
      text += part.bodyEnd - part.bodyStart
      continue
    }
    if (pages++ >= MOST_PAGES) break
    const { text: html } = partText(message, part, MOST_BYTES)
    text += htmlToText(html, { limit: 1000 }).trim().length
    pictures += html.split(/<img\b/i, 20).length - 1
    const link = misleadingLink(html)
    if (link !== undefined) found.set('link', { name: 'linkShowsOther', values: link })
    if (/<form\b[^>]{0,500}\baction\b/i.test(html) && /type\s{0,4}=\s{0,4}["']?password/i.test(html))
      found.set('form', { name: 'asksForPassword' })
  }
  if (pages > 0 && pictures > 0 && text < 20) found.set('pictures', { name: 'onlyPictures' })
  return [...found.values()]
}

const LINK = /<a\b[^>]{0,2000}?\bhref\s{0,4}=\s{0,4}["']?https?:\/\/([^"'\s>/?#\\]{1,255})/gi
const NAMES_HOST = /^(?:https?:\/\/)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/?#:][^\s]*)?$/i

/** A link whose text names one host and that leads to another, which lies in no common domain with it. */
function misleadingLink(html: string): { shown: string; host: string } | undefined {
  let looked = 0
  for (const link of html.matchAll(LINK)) {
    if (looked++ >= MOST_LINKS) return undefined
    const after = html.slice(link.index + link[0].length, link.index + link[0].length + MOST_LINK_TEXT)
    const [, inside] = /^[^>]*>([^]*?)<\/a\b/i.exec(after) ?? []
    const [, shown] = NAMES_HOST.exec((inside ?? '').replace(/<[^>]*>/g, '').trim()) ?? []
    const host = (link[1] ?? '')
      .slice((link[1] ?? '').lastIndexOf('@') + 1)
      .replace(/:\d*$/, '')
      .toLowerCase()
    if (shown !== undefined && !areOfOne(shown.toLowerCase(), host)) return { shown, host }
  }
  return undefined
}

/** Whether two hosts end in the same two names: what is in between differs with every mailing, and honestly so. */
const areOfOne = (one: string, other: string): boolean => lastTwo(one) === lastTwo(other)
const lastTwo = (host: string): string => host.split('.').slice(-2).join('.')
