/** Letters to be searched, and what SEARCH says of them. */
import assert from 'node:assert/strict'
import { fileLetter, type Letter } from './letters.ts'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

/** Letters in the inbox by their sequence numbers, from 1. */
const LETTERS: { letter: Letter; keywords?: string[]; receivedAt: string }[] = [
  {
    letter: {
      from: 'Bea Brandt <bea.brandt@example.org>',
      subject: 'Apfelernte im Garten',
      text: 'Am Samstag um zehn. Bring Körbe mit!',
      messageId: 'AbC.1@example.org',
      date: 'Mon, 7 Sep 2026 00:30:00 +0200',
    },
    keywords: ['$seen'],
    receivedAt: '2026-09-07T08:00:00Z',
  },
  {
    letter: {
      from: 'Müller & Söhne <kontor@mueller.example>',
      to: 'Anna <anna@zegel.test>, Chor <chor@zegel.test>',
      cc: 'Dora <dora@example.net>',
      subject: 'Rechnung 4711',
      text: 'Der Betrag: 12,50 EUR. Mit freundlichen Grüßen',
      headers: ['List-Id: <kunden.mueller.example>', 'X-Trace: aa-bb-cc'],
      date: 'Tue, 1 Sep 2026 12:00:00 +0000',
    },
    keywords: ['$flagged', 'bezahlt'],
    receivedAt: '2026-09-08T23:59:59Z',
  },
  {
    letter: {
      subject: 'Re: Apfelernte im Garten',
      inReplyTo: 'AbC.1@example.org',
      text: `Ja gern. ${'Noch mehr Text. '.repeat(400)}`,
      headers: ['Sender: Jemand <jemand@example.org>'],
      date: 'no date at all',
    },
    keywords: ['$seen', '$answered', '$forwarded'],
    receivedAt: '2026-09-09T00:00:00Z',
  },
  { letter: { subject: '日本語のお知らせ [liste]', text: '(fin) -- $$$' }, receivedAt: '2026-09-10T12:00:00Z' },
  { letter: { subject: 'Draft of mine', to: 'me' }, keywords: ['$draft'], receivedAt: '2026-09-11T12:00:00Z' },
]

/** A person with these letters in the inbox. */
export async function personWithLetters(server: TestServer): Promise<Person> {
  const person = await server.createAccount()
  for (const { letter, keywords = [], receivedAt } of LETTERS)
    await fileLetter(server, person, letter, { keywords, receivedAt: new Date(receivedAt) })
  return person
}

/** The first word of changes is answered with their newest number as well (RFC 7162 §3.1). */
export const withoutChange = (untagged: string[]): string[] =>
  untagged.filter((line) => !line.startsWith('OK [HIGHESTMODSEQ'))

/** The numbers of a SEARCH response, which is the only one. */
export const numbersIn = (untagged: string[]): string => {
  const [line = '', ...more] = withoutChange(untagged)
  assert.deepEqual(more, [])
  assert.match(line, /^SEARCH(?: \d+)*(?: \(MODSEQ \d+\))?$/)
  return line.replace(/^SEARCH ?| ?\(MODSEQ \d+\)$/g, '')
}
