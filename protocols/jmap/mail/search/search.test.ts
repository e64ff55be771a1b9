import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { rememberCorrespondents } from '#mail/correspondents'
import { indexBatch } from '#mail/indexing'
import { openMailReader, type Letter, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])

const html = (text: string): Letter => ({ body: `Content-Type: text/html; charset=utf-8\n\n<p>${text}\n` })

async function snippetsOf(reader: MailReader, filter: Json | null, ...emailIds: string[]): Promise<Json[]> {
  return (await reader.call('SearchSnippet/get', { filter, emailIds }))['list'] as Json[]
}

test('a snippet shows where a search is met, marked and safe to show (RFC 8621 §5.1)', async () => {
  const reader = await openMailReader(server)
  const id = await reader.file('inbox', {
    subject: 'Häuser & <Gärten>',
    text: `${'Vorher steht anderes. '.repeat(30)}Das "Haus" am\nSee <b>gehört</b> Frau Müller.${' Danach auch.'.repeat(30)}`,
  })
  const [found] = await snippetsOf(reader, { text: 'haus mueller' }, id)
  assert.equal(found?.['subject'], '<mark>Häuser</mark> &amp; &lt;Gärten&gt;')
  const preview = String(found?.['preview'])
  assert.match(
    preview,
    /Das &quot;<mark>Haus<\/mark>&quot; am See &lt;b&gt;gehört&lt;\/b&gt; Frau <mark>Müller<\/mark>\. Danach/,
  )
  assert.ok(Buffer.byteLength(preview) <= 255)
  assert.doesNotMatch(preview, /^\s|\s$/)
})

const searches: Record<string, [filter: Json | null, subject: string | null, preview: string | null]> = {
  'no filter': [null, null, null],
  'what is not there': [{ text: 'nothing' }, null, null],
  'the subject alone': [{ subject: 'plan' }, '<mark>Plan</mark> for May', null],
  'the body alone': [{ body: 'plan' }, null, 'A <mark>plan</mark> needs <mark>plans</mark>.'],
  'a stem': [{ text: 'planned' }, '<mark>Plan</mark> for May', 'A <mark>plan</mark> needs <mark>plans</mark>.'],
  'a beginning': [{ text: 'nee*' }, null, 'A plan <mark>needs</mark> plans.'],
  'a part': [{ text: '*eed*' }, null, 'A plan <mark>needs</mark> plans.'],
  'a phrase': [{ text: '"plan needs"' }, null, 'A <mark>plan needs</mark> plans.'],
  'what must not be there': [{ operator: 'NOT', conditions: [{ text: 'plan' }] }, null, null],
  'one of several': [
    { operator: 'OR', conditions: [{ subject: 'may' }, { body: 'needs' }] },
    'Plan for <mark>May</mark>',
    'A plan <mark>needs</mark> plans.',
  ],
  'the sender': [{ from: 'bea' }, null, null],
}
test('snippets of one letter, by what is searched', async (t) => {
  const reader = await openMailReader(server)
  const id = await reader.file('inbox', { subject: 'Plan for May', ...html('A <b>plan</b> needs plans.') })
  for (const [what, [filter, subject, preview]] of Object.entries(searches))
    await t.test(what, async () => {
      assert.deepEqual(await snippetsOf(reader, filter, id), [{ emailId: id, subject, preview }])
    })
})

test('a snippet is bounded whatever the letter is', async () => {
  const reader = await openMailReader(server)
  const bodies = [
    '&'.repeat(5000),
    `x ${'é'.repeat(3000)}`,
    `x${'<mark>'.repeat(500)}`,
    'x '.repeat(100_000),
    '😀x'.repeat(900),
  ]
  for (const text of bodies) {
    const id = await reader.file('inbox', { subject: 'x'.repeat(60), text })
    const [found] = await snippetsOf(reader, { text: 'x*' }, id)
    const preview = (found?.['preview'] ?? '') as string
    assert.ok(Buffer.byteLength(preview) <= 255 && preview.isWellFormed())
    assert.doesNotMatch(preview.replaceAll(/<\/?mark>/g, ''), /[<>]/)
  }
})

test('snippets of what is not there are said not to be, and of too much are refused', async () => {
  const reader = await openMailReader(server)
  const id = await reader.file('inbox')
  const strangers = await (await openMailReader(server)).file('inbox')
  const answer = await reader.call('SearchSnippet/get', { filter: { text: 'x' }, emailIds: [id, strangers, 'x', id] })
  assert.deepEqual(answer['notFound'], [strangers, 'x'])
  assert.equal((answer['list'] as Json[]).length, 1)
  const fail = async (args: Json): Promise<unknown> => (await reader.fail('SearchSnippet/get', args))['type']
  assert.equal(await fail({ emailIds: Array.from({ length: 300 }, (_, i) => `M${i}`) }), 'requestTooLarge')
  assert.equal(await fail({ filter: { text: 'x '.repeat(99) }, emailIds: [id] }), 'unsupportedFilter')
  assert.equal(await fail({ filter: { colour: 'x' }, emailIds: [id] }), 'unsupportedFilter')
  assert.equal(await fail({ filter: {} }), 'invalidArguments')
  assert.equal(await fail({ filter: {}, emailIds: [], accountId: 'a1' }), 'accountNotFound')
})

test('suggestions are the words and people of the account, the most frequent first, and of no other', async () => {
  const [reader, stranger] = [await openMailReader(server), await openMailReader(server)]
  await stranger.file('inbox', { from: 'Berta Brandis <berta@secret.example>', text: 'brandneu' })
  await reader.file('inbox', { from: 'Bernd Brandt <bernd@example.org>', text: 'Brandung Brandung branch' })
  await reader.file('inbox', { from: 'Carl <carl@brand.example>', text: 'die Brandung' })
  for (const { account } of [reader, stranger]) await indexBatch(server.storage, account.id)
  await reader.account.write((tx) =>
    rememberCorrespondents(tx, [
      { name: 'Anna Brand', email: 'anna@example.org' },
      { name: null, email: 'x@example.org' },
    ]),
  )
  const suggest = (text: string, args: Json = {}): Promise<Json> => reader.call('Search/suggest', { text, ...args })
  const found = await suggest(' BRAN')
  assert.deepEqual(found['words'], ['brandung', 'branch'])
  assert.deepEqual(found['people'], [
    { name: 'Anna Brand', email: 'anna@example.org' },
    { name: 'Carl', email: 'carl@brand.example' },
    { name: 'Bernd Brandt', email: 'bernd@example.org' },
  ])
  assert.deepEqual((await suggest('brand', { limit: 1 }))['words'], ['brandung'])
  for (const text of ['', ' ', '\u200b', '*', 'nobody'])
    assert.deepEqual([(await suggest(text))['words'], (await suggest(text))['people']], [[], []])
  assert.equal((await reader.fail('Search/suggest', { text: 'x'.repeat(101) }))['type'], 'invalidArguments')
})

test('the words that a search means are told, folded, for marking them in the letter', async () => {
  const reader = await openMailReader(server)
  await reader.file('inbox', { text: 'Häuser und ein Hausboot, Frau Müller' })
  await indexBatch(server.storage, reader.account.id)
  const terms = async (filter: Json): Promise<string[]> =>
    ((await reader.call('Search/terms', { filter }))['words'] as string[]).toSorted()
  assert.deepEqual(await terms({ text: 'haus' }), ['haus', 'hauser'])
  assert.deepEqual(await terms({ body: 'haus*' }), ['haus', 'hausboot', 'hauser'])
  assert.deepEqual(await terms({ text: '"frau müller"' }), ['frau', 'mueller', 'muller'])
  const not = { operator: 'NOT', conditions: [{ text: 'frau' }] }
  assert.deepEqual(await terms({ operator: 'AND', conditions: [{ text: 'ein' }, not] }), ['ein'])
  assert.deepEqual(await terms({ hasAttachment: true }), [])
})
