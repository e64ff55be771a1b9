import { z } from 'zod'
import type { EmailAddress } from '#formats/message'
import { fold } from '#formats/words'
import { readRecords } from '#items'
import { suggestSenders, suggestWords } from '#mail'
import { CORRESPONDENT, type Correspondent } from '#mail/correspondents'
import type { OpenAccount } from '#storage'
import { id, unsignedInt } from '../../calls/arguments.ts'
import { method } from '../../calls/method.ts'

const MOST = 100

/** How a search may go on: words of the account's messages, and people. docs/jmap-extensions.md. */
export const suggest = method({
  name: 'Search/suggest',
  args: z.strictObject({ accountId: id, text: z.string().max(100), limit: unsignedInt.max(MOST).default(8) }),
  async run(session, { accountId, text, limit }) {
    const account = session.openAccount(accountId)
    const beginning = text.trim()
    if (fold(beginning) === '') return { accountId, words: [], people: [] }
    const [words, writtenTo, senders] = await Promise.all([
      suggestWords(account, beginning, limit),
      correspondents(account, fold(beginning)),
      suggestSenders(account, beginning, limit),
    ])
    // Whom one writes to comes first.
    const people = new Map<string, EmailAddress>()
    for (const { name, email } of [...writtenTo, ...senders]) {
      const known = people.get(email.toLowerCase())
      if (known === undefined || known.name === null) people.set(email.toLowerCase(), { name, email })
    }
    return { accountId, words, people: [...people.values()].slice(0, limit) }
  },
})

/** People written to of whose name or address a word begins so, the most often first. */
async function correspondents(account: OpenAccount, folded: string): Promise<EmailAddress[]> {
  const records = await readRecords<Correspondent>(account, CORRESPONDENT, null)
  return records
    .map(({ value }) => value)
    .filter(({ name, email }) =>
      fold(`${name ?? ''} ${email}`)
        .split(/[^\p{L}\p{N}]+/u)
        .some((word) => word.startsWith(folded)),
    )
    .sort((a, b) => b.count - a.count)
}
