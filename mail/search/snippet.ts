import type { Term } from '#formats/words'
import type { OpenAccount } from '#storage'
import type { MessageFilter } from '../messages/filter.ts'
import { openSummaries } from '../messages/read.ts'
import { isTextCondition, termsOf } from './condition.ts'
import { TEXT_FIELDS, type TextField } from './fields.ts'
import { messagesTogether, openLetter, type Letter } from './letter.ts'
import { marksIn, type Mark } from './marks.ts'

/** Where a search is met in a message, as HTML: escaped, with `<mark>` around what is meant. RFC 8621 §5. */
export interface Snippet {
  /** Null when nothing in it is meant. */
  subject: string | null
  preview: string | null
}

/** RFC 8621 §5.1: octets of a preview. */
const MOST_OCTETS = 255

/** Characters of a body that are looked through, and of a subject that is shown. */
const MOST_BODY = 200_000
const MOST_SUBJECT = 1000

/** Characters before the first place that is meant. */
const BEFORE = 60

/** The snippets of messages, by id; of those that are not there none. */
export async function readSnippets(
  account: OpenAccount,
  filter: MessageFilter | null,
  ids: readonly number[],
): Promise<Map<number, Snippet>> {
  const terms = termsOfFilter(filter)
  const [ofSubject, ofBody] = [terms.get('subject') ?? [], terms.get('body') ?? []]
  const snippets = new Map<number, Snippet>()
  for (const [id, letter] of await openLetters(account, ids)) {
    const subject = (await letter.text('subject')).slice(0, MOST_SUBJECT)
    const marks = marksIn(subject, ofSubject)
    snippets.set(id, {
      subject: marks.length === 0 ? null : marked(subject, marks, Infinity),
      preview: ofBody.length === 0 ? null : previewOf(await letter.text('body'), ofBody),
    })
  }
  return snippets
}

async function openLetters(account: OpenAccount, ids: readonly number[]): Promise<Map<number, Letter>> {
  const summaries = await openSummaries(account, ids)
  const messageOf = messagesTogether(
    account,
    [...summaries.values()].map(({ blob }) => blob),
  )
  return new Map([...summaries].map(([id, summary]) => [id, openLetter(account, summary, messageOf)]))
}

/** What a filter looks for in each field. What must not be there is not looked for. */
export function termsOfFilter(filter: MessageFilter | null): Map<TextField, Term[]> {
  const terms = new Map<TextField, Term[]>()
  const gather = (one: MessageFilter): void => {
    if ('operator' in one) {
      if (one.operator !== 'NOT') one.conditions.forEach(gather)
      return
    }
    for (const [name, value] of Object.entries(one)) {
      if (!isTextCondition(name) || name === 'header' || typeof value !== 'string') continue
      const found = termsOf(value)
      for (const field of name === 'text' ? TEXT_FIELDS : [name])
        terms.set(field, [...(terms.get(field) ?? []), ...found])
    }
  }
  if (filter !== null) gather(filter)
  return terms
}

function previewOf(body: string, terms: readonly Term[]): string | null {
  const text = body.slice(0, MOST_BODY)
  const [first] = marksIn(text, terms)
  if (first === undefined) return null
  const from = Math.max(0, first.start - BEFORE)
  // Begins with a whole word, and holds no more than can be shown.
  const gap = from === 0 ? 0 : text.slice(from, first.start).search(/\s/) + 1
  const shown = text
    .slice(from + gap, Math.max(first.end, first.start + MOST_OCTETS))
    .replace(/\s+/g, ' ')
    .trim()
  return marked(shown, marksIn(shown, terms), MOST_OCTETS)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] as string)

/** Text as HTML with its marks, as much as there is room for; nothing is cut in the middle. */
function marked(text: string, marks: readonly Mark[], octets: number): string {
  let [html, room, at] = ['', octets, 0]
  /** @returns whether there was room for all of it */
  const add = (piece: string): boolean => {
    const length = Buffer.byteLength(piece)
    if (length > room) return false
    html += piece
    room -= length
    return true
  }
  const addPlain = (plain: string): boolean => {
    for (const character of plain) if (!add(escaped(character))) return false
    return true
  }
  for (const { start, end } of marks) {
    if (!addPlain(text.slice(at, start)) || !add(`<mark>${escaped(text.slice(start, end))}</mark>`))
      return html.trimEnd()
    at = end
  }
  addPlain(text.slice(at))
  return html
}
