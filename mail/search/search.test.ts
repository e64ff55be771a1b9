import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { collectWords, isMeant, parseTerms, phraseStarts, tokensOf } from '#formats/words'
import { findFolderByRole } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage, queryMessages, type MessageFilter } from '#mail'
import { indexBatch } from '#mail/indexing'
import type { OpenAccount, Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { TEXT_FIELDS, type TextField } from './fields.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

type Fields = Partial<Record<TextField, string>> & { list?: string }

async function openMailbox(): Promise<{ account: OpenAccount; file(fields: Fields): Promise<number> }> {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  let count = 0
  return {
    account,
    async file({ from = '', to = '', cc, bcc, subject = '', body = '', attachmentName, list }) {
      const text = `Content-Type: text/plain; charset=utf-8\n\n${body}\n`
      const message = await prepareMessage(
        account,
        letter({
          from: `"${from}" <from@host.example>`,
          to: `"${to}" <to@host.example>`,
          ...(cc === undefined ? {} : { cc: `"${cc}" <cc@host.example>` }),
          subject,
          headers: [
            ...(bcc === undefined ? [] : [`Bcc: "${bcc}" <bcc@host.example>`]),
            ...(list === undefined ? [] : [`List-Id: ${list}`]),
          ],
          body:
            attachmentName === undefined
              ? text
              : `Content-Type: multipart/mixed; boundary=b\n\n--b\n${text}--b\nContent-Type: application/pdf; name="${attachmentName}"\n\npdf\n--b--\n`,
        }),
      )
      const receivedAt = new Date(Date.UTC(2026, 8, 7, 8, count++))
      return (await account.write((tx) => addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt }))).id
    },
  }
}

/** All that is found; a first page says how much that is, and gives its beginning. */
async function find(account: OpenAccount, filter: MessageFilter | null): Promise<number[]> {
  const window = { position: 0, anchorOffset: 0, limit: 1000, calculateTotal: true }
  const found = await queryMessages(account, { filter, sort: [], collapseThreads: false }, window)
  for (const collapseThreads of [false, true]) {
    // Every letter here is a thread of its own.
    const page = await queryMessages(account, { filter, sort: [], collapseThreads }, { ...window, limit: 1 })
    assert.deepEqual([page?.total, page?.ids], [found?.ids.length, found?.ids.slice(0, 1)], JSON.stringify(filter))
  }
  return found?.ids ?? []
}

/** What a filter means of a letter, said plainly: docs/jmap-extensions.md. */
function holds(filter: MessageFilter, fields: Fields): boolean {
  if ('operator' in filter) {
    const all = filter.conditions.map((one) => holds(one, fields))
    return filter.operator === 'AND' ? all.every(Boolean) : all.some(Boolean) === (filter.operator === 'OR')
  }
  return Object.entries(filter).every(([name, value]) => {
    if (name === 'hasAttachment') return (fields.attachmentName !== undefined) === value
    if (name === 'header') return fields.list !== undefined && stands((value as string[])[1] ?? '', [fields.list])
    const names = name === 'text' ? TEXT_FIELDS : [name as TextField]
    return stands(
      value as string,
      names.map((one) => textOf(fields, one)),
    )
  })
}

function stands(search: string, texts: string[]): boolean {
  if (search.trim() === '') return true
  const terms = parseTerms(search) ?? []
  return (
    terms.length > 0 &&
    terms.every((term) =>
      texts.some((text) => {
        if (term.kind === 'phrase') return !phraseStarts(term, [...tokensOf(text)]).next().done
        const words = new Set<string>()
        collectWords(text, words, Infinity)
        return [...words].some((word) => isMeant(term, word))
      }),
    )
  )
}

function textOf(fields: Fields, name: TextField): string {
  const own = fields[name]
  const isPerson = name === 'from' || name === 'to' || ((name === 'cc' || name === 'bcc') && own !== undefined)
  return isPerson ? `${own ?? ''} ${name}@host.example` : (own ?? '')
}

const said = fc
  .array(
    fc.constantFrom(
      'Haus',
      'Häuser',
      'haus-boot',
      'Boot',
      'gehen',
      'ging',
      'Müller',
      'Mueller',
      'la',
      'e-mail',
      '日本語',
      'a.b@c.example',
      'x1',
    ),
    { maxLength: 6 },
  )
  .map((words) => words.join(' '))
const letters = fc.array(
  fc.record(
    {
      from: said,
      to: said,
      cc: said,
      bcc: said,
      subject: said,
      body: said,
      attachmentName: said.map((text) => `${text} f.pdf`),
      list: said.map((text) => `${text} <l.example>`),
    },
    { requiredKeys: ['from', 'subject', 'body'] },
  ),
  { minLength: 1, maxLength: 8 },
)
const search = fc.constantFrom(
  'haus',
  'häuser',
  '"haus"',
  'haus*',
  '*boot*',
  '*',
  '',
  '   ',
  '"haus boot"',
  'haus boot',
  '"müller la"',
  'mueller',
  '"e mail"',
  'e-mail',
  '日本',
  '日本語',
  '本',
  'c.example',
  'host.example',
  'from',
  '*ost*',
  '"x1"*',
  'x*',
  'nothing',
  '"nothing here"',
  'geh*  boot',
  '"f pdf"',
)
const condition = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('text', ...TEXT_FIELDS), search)
      .map(([name, value]): MessageFilter => ({ [name]: value })),
  },
  fc.tuple(search, search).map(([subject, body]): MessageFilter => ({ subject, body })),
  fc.boolean().map((hasAttachment): MessageFilter => ({ hasAttachment })),
  fc.option(search).map((text): MessageFilter => ({ header: text === null ? ['List-Id'] : ['list-ID', text] })),
)
const { filter } = fc.letrec<{ filter: MessageFilter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc.record({
      operator: fc.constantFrom<('AND' | 'OR' | 'NOT')[]>('AND', 'OR', 'NOT'),
      conditions: fc.array(tie('filter'), { maxLength: 3 }),
    }),
  ),
}))

test('whatever is asked, what is found is what a look at every letter finds: indexed, half indexed or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      letters,
      fc.nat(8),
      fc.array(filter, { minLength: 3, maxLength: 12 }),
      async (all, indexed, filters) => {
        const { account, file } = await openMailbox()
        const ids = new Map<number, Fields>()
        for (const [index, fields] of all.entries()) {
          ids.set(await file(fields), fields)
          if (index + 1 === indexed) await indexBatch(storage, account.id)
        }
        for (const filter of filters) {
          const expected = [...ids].flatMap(([id, fields]) => (holds(filter, fields) ? [id] : [])).reverse()
          assert.deepEqual(await find(account, filter), expected, JSON.stringify(filter))
        }
      },
    ),
    { numRuns: 25 },
  )
})

test('what is deleted is not found, and is found again when it comes back', async () => {
  const { account, file } = await openMailbox()
  const id = await file({ body: 'quince jam' })
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  for (const isIndexed of [false, true]) {
    if (isIndexed) await indexBatch(storage, account.id)
    assert.deepEqual(await find(account, { text: 'quince' }), [id])
    await account.sql`update item set deleted_at = now() where account_id = ${account.id} and item_id = ${id}`
    assert.deepEqual(await find(account, { text: 'quince' }), [])
    await account.sql`update item set deleted_at = null where account_id = ${account.id} and item_id = ${id}`
  }
  assert.deepEqual(await find(account, { inMailbox: inbox, text: 'quince' }), [id])
})

test('of an import that is not indexed yet the newest letters are found, and all once it is', async () => {
  const { account, file } = await openMailbox()
  const ids: number[] = []
  for (let count = 0; count < 130; count++) ids.unshift(await file({ body: 'imported' }))
  assert.deepEqual(await find(account, { text: 'imported' }), ids.slice(0, 100))
  await indexBatch(storage, account.id)
  assert.deepEqual(await find(account, { text: 'imported' }), ids)
})

test('a page of a common word is found without looking at every letter, and its total is right', async () => {
  const { account, file } = await openMailbox()
  const ids: number[] = []
  for (let count = 0; count < 30; count++)
    ids.unshift(await file({ body: `common ${count % 10 === 0 ? 'rare' : 'usual'}` }))
  await indexBatch(storage, account.id)
  const window = { position: 5, anchorOffset: 0, limit: 3, calculateTotal: true }
  const query = { filter: { text: 'common' }, sort: [], collapseThreads: false }
  assert.deepEqual((await queryMessages(account, query, window))?.ids, ids.slice(5, 8))
  assert.equal((await queryMessages(account, query, window))?.total, 30)
  const oldestFirst = {
    ...query,
    filter: { text: 'rare' },
    sort: [{ property: 'receivedAt' as const, isAscending: true }],
  }
  assert.equal((await queryMessages(account, oldestFirst, { ...window, position: 0 }))?.ids[0], ids.at(-1))
})
