import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])

/** Letters A to H, the newer the later, and the names of what a query finds. */
async function openLetters() {
  const reader = await openMailReader(server)
  const [inbox, archive] = [await reader.mailbox('inbox'), await reader.mailbox('archive')]
  const names = new Map<string, string>()
  const ids: Record<string, string> = {}
  const file = async (name: string, mailboxes: string[], content: Json, keywords: string[] = []): Promise<void> => {
    const receivedAt = new Date(Date.UTC(2026, 8, 7, 8, names.size))
    const id = await reader.file(
      mailboxes,
      { messageId: `${reader.accountId}-${name}@example.org`, ...content },
      { keywords, receivedAt },
    )
    names.set(id, name)
    ids[name] = id
  }
  const answers = (name: string): Json => ({ inReplyTo: `${reader.accountId}-${name}@example.org` })
  const body = 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\n\npdf\n--b--\n'
  await file('A', [inbox], { from: 'Zoë Åkesson <zoe@example.org>', subject: 'Budget', text: 'x'.repeat(3000) }, [
    '$seen',
  ])
  await file(
    'B',
    [inbox],
    { from: 'Bert <bert@example.org>', to: '"Ördög, Anna" <anna@zegel.test>', subject: 'Re: Budget', ...answers('A') },
    ['$flagged'],
  )
  await file(
    'C',
    [archive],
    { from: 'Ada <ada@example.org>', subject: 'Concert in Gent', cc: 'Zoë <zoe@example.org>' },
    ['$seen', 'music'],
  )
  await file('D', [inbox, archive], { from: 'ada@example.org', subject: 'Aw: Concert in Gent', ...answers('C') })
  await file(
    'E',
    [inbox],
    { from: 'Bert <bert@example.org>', subject: 'Élection "day"', headers: ['Bcc: secret@example.org'], body },
    ['$seen', '$flagged', 'music'],
  )
  await file('F', [archive], {
    from: 'Carl <carl@example.org>',
    subject: 'fish',
    date: 'Tue, 1 Jan 2019 00:00:00 +0000',
  })
  await file('G', [inbox], { from: 'Dora <dora@example.org>', subject: 'Re: Budget', ...answers('B') }, ['$seen'])
  await file('H', [inbox], { from: 'Emil <emil@example.org>', subject: 'apples' }, ['$seen', '$draft'])
  const query = (args: Json = {}): Promise<Json> => reader.call('Email/query', args)
  const shown = (found: Json): string => (found['ids'] as string[]).map((id) => names.get(id)).join('')
  return { reader, inbox, archive, ids, query, shown, find: async (args: Json = {}) => shown(await query(args)) }
}

const letters = await openLetters()
const { reader, inbox, archive, ids, find } = letters
const at = (minute: number): string => `2026-09-07T08:0${minute}:00Z`

const filters: Record<string, [filter: Json | null, found: string]> = {
  nothing: [null, 'HGFEDCBA'],
  'no condition': [{}, 'HGFEDCBA'],
  inMailbox: [{ inMailbox: inbox }, 'HGEDBA'],
  'a mailbox that is not there': [{ inMailbox: 'F1' }, ''],
  'a mailbox that is none': [{ inMailbox: 'nowhere' }, ''],
  inMailboxOtherThan: [{ inMailboxOtherThan: [inbox] }, 'FDC'],
  'inMailboxOtherThan nothing': [{ inMailboxOtherThan: [] }, 'HGFEDCBA'],
  'two mailboxes': [{ operator: 'AND', conditions: [{ inMailbox: inbox }, { inMailbox: archive }] }, 'D'],
  before: [{ before: at(2) }, 'BA'],
  after: [{ after: at(6) }, 'HG'],
  'before and after': [{ after: at(1), before: at(3) }, 'CB'],
  minSize: [{ minSize: 3000 }, 'A'],
  maxSize: [{ maxSize: 3000 }, 'HGFEDCB'],
  hasKeyword: [{ hasKeyword: '$flagged' }, 'EB'],
  'hasKeyword in another case': [{ hasKeyword: '$FLAGGED' }, 'EB'],
  'hasKeyword of a name': [{ hasKeyword: 'music' }, 'EC'],
  'hasKeyword that nobody has': [{ hasKeyword: 'nobody' }, ''],
  notKeyword: [{ notKeyword: '$seen' }, 'FDB'],
  allInThreadHaveKeyword: [{ allInThreadHaveKeyword: '$seen' }, 'HE'],
  someInThreadHaveKeyword: [{ someInThreadHaveKeyword: '$flagged' }, 'GEBA'],
  noneInThreadHaveKeyword: [{ noneInThreadHaveKeyword: 'music' }, 'HGFBA'],
  hasAttachment: [{ hasAttachment: true }, 'E'],
  'no attachment': [{ hasAttachment: false }, 'HGFDCBA'],
  'from a name': [{ from: 'akesson' }, 'A'],
  'from an address': [{ from: 'BERT@example' }, 'EB'],
  'from several words, all of them': [{ from: 'ada example.org' }, 'DC'],
  'from a phrase': [{ from: '"ada <ada"' }, 'C'],
  to: [{ to: 'ordog' }, 'B'],
  cc: [{ cc: 'zoe' }, 'C'],
  bcc: [{ bcc: 'secret' }, 'E'],
  subject: [{ subject: 'budget' }, 'GBA'],
  'subject without its accent': [{ subject: 'election' }, 'E'],
  'subject with a quote': [{ subject: String.raw`"\"day\""` }, 'E'],
  AND: [{ operator: 'AND', conditions: [{ hasKeyword: '$seen' }, { from: 'bert' }] }, 'E'],
  OR: [{ operator: 'OR', conditions: [{ from: 'carl' }, { hasKeyword: '$draft' }] }, 'HF'],
  'OR of nothing': [{ operator: 'OR', conditions: [] }, ''],
  'AND of nothing': [{ operator: 'AND', conditions: [] }, 'HGFEDCBA'],
  NOT: [{ operator: 'NOT', conditions: [{ from: 'bert' }, { inMailbox: archive }] }, 'HGA'],
  'NOT of something structural': [{ operator: 'NOT', conditions: [{ hasKeyword: '$seen' }] }, 'FDB'],
  nested: [
    {
      operator: 'AND',
      conditions: [
        { inMailbox: inbox },
        {
          operator: 'OR',
          conditions: [
            { subject: 'concert' },
            { operator: 'NOT', conditions: [{ hasKeyword: '$seen' }, { to: 'nobody' }] },
          ],
        },
      ],
    },
    'DB',
  ],
  'as the app searches': [
    {
      operator: 'AND',
      conditions: [
        { operator: 'OR', conditions: [{ from: 'zoe' }, { to: 'zoe' }, { subject: 'zoe' }] },
        { inMailboxOtherThan: [archive], hasKeyword: '$seen' },
      ],
    },
    'A',
  ],
}

for (const [what, [filter, found]] of Object.entries(filters))
  test(`filter by ${what}`, async () => {
    assert.equal(await find({ filter }), found)
  })

const sorts: Record<string, [sort: Json[], found: string]> = {
  'receivedAt, oldest first': [[{ property: 'receivedAt' }], 'ABCDEFGH'],
  'receivedAt, newest first': [[{ property: 'receivedAt', isAscending: false }], 'HGFEDCBA'],
  size: [[{ property: 'size', isAscending: false }], 'A'],
  'from, by name, else by address': [[{ property: 'from' }], 'CDEBFGHA'],
  'subject, without Re and Aw': [[{ property: 'subject' }, { property: 'receivedAt' }], 'HABGCDEF'],
  sentAt: [[{ property: 'sentAt' }, { property: 'receivedAt' }], 'FABCDEGH'],
  hasKeyword: [[{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }], 'EBHGFDCA'],
  allInThreadHaveKeyword: [[{ property: 'allInThreadHaveKeyword', keyword: '$seen', isAscending: false }], 'HEGFDCBA'],
  'the example of RFC 8621 §4.4.2': [
    [
      { property: 'someInThreadHaveKeyword', keyword: '$flagged', isAscending: false },
      { property: 'subject', collation: 'i;unicode-casemap' },
      { property: 'receivedAt', isAscending: false },
    ],
    'GBAEHDCF',
  ],
}

for (const [what, [sort, found]] of Object.entries(sorts))
  test(`sort by ${what}`, async () => {
    const all = await find({ sort })
    assert.equal(all.slice(0, found.length), found)
    assert.equal(all.length, 8)
  })

test('a collapsed list shows each thread once, by the first of its messages in the order asked for', async () => {
  assert.equal(await find({ collapseThreads: true }), 'HGFED')
  assert.equal(await find({ collapseThreads: true, sort: [{ property: 'receivedAt' }] }), 'ACEFH')
  assert.equal(await find({ collapseThreads: true, filter: { inMailbox: inbox } }), 'HGED')
  assert.equal(await find({ collapseThreads: true, filter: { inMailbox: archive } }), 'FD')
  assert.equal(await find({ collapseThreads: true, filter: { inMailbox: inbox, hasKeyword: '$flagged' } }), 'EB')
})

/** The same windows over a mailbox's own list, which an index answers, and over one that is searched. */
for (const [what, filter] of Object.entries({
  'of a mailbox': { inMailbox: inbox },
  'of a search': { inMailbox: inbox, minSize: 0 },
})) {
  const windows: Record<string, [args: Json, found: string, position: number]> = {
    'the beginning': [{ limit: 2 }, 'HG', 0],
    'further on': [{ position: 2, limit: 2 }, 'ED', 2],
    'past the end': [{ position: 9 }, '', 9],
    'from the end': [{ position: -2 }, 'BA', 4],
    'from before the beginning': [{ position: -20, limit: 1 }, 'H', 0],
    'no limit': [{ position: 1 }, 'GEDBA', 1],
    'nothing at all': [{ limit: 0 }, '', 0],
    'an anchor': [{ anchor: ids['D'], limit: 2 }, 'DB', 3],
    'before an anchor': [{ anchor: ids['D'], anchorOffset: -1, limit: 3 }, 'EDB', 2],
    'after an anchor': [{ anchor: ids['D'], anchorOffset: 1, limit: 1, position: 5 }, 'B', 4],
    'far before an anchor': [{ anchor: ids['G'], anchorOffset: -10, limit: 2 }, 'HG', 0],
    'collapsed, an anchor': [{ anchor: ids['E'], collapseThreads: true }, 'ED', 2],
  }
  for (const [window, [args, found, position]] of Object.entries(windows))
    test(`window ${what}: ${window}`, async () => {
      const answer = await letters.query({ filter, ...args })
      assert.equal(letters.shown(answer), found)
      assert.equal(answer['position'], position)
      assert.equal(answer['total'], undefined)
    })

  test(`total ${what}`, async () => {
    assert.equal((await letters.query({ filter, calculateTotal: true, limit: 1 }))['total'], 6)
    assert.equal((await letters.query({ filter, calculateTotal: true, limit: 1, collapseThreads: true }))['total'], 4)
  })

  test(`an anchor that is not in the list ${what}`, async () => {
    for (const anchor of [ids['C'], 'M1', 'x', 'F1'])
      assert.equal((await reader.fail('Email/query', { filter, anchor }))['type'], 'anchorNotFound')
    const collapsed = await reader.fail('Email/query', { filter, anchor: ids['A'], collapseThreads: true })
    assert.equal(collapsed['type'], 'anchorNotFound')
  })
}

const nested = (depth: number): Json =>
  depth === 0 ? { subject: 'x' } : { operator: 'NOT', conditions: [nested(depth - 1)] }

const hostile: Record<string, [args: Json, error: string]> = {
  'more words than a search may have': [{ filter: { text: 'x '.repeat(60) } }, 'unsupportedFilter'],
  'a header field without a name': [{ filter: { header: [] } }, 'invalidArguments'],
  'a header field with three texts': [{ filter: { header: ['X-Own', 'a', 'b'] } }, 'invalidArguments'],
  'a header field that can be none': [{ filter: { header: ['two words'] } }, 'invalidArguments'],
  'a condition nobody knows': [{ filter: { colour: 'red' } }, 'unsupportedFilter'],
  'a condition of an object': [{ filter: { toString: 'x' } }, 'unsupportedFilter'],
  'a tree that is too deep': [{ filter: nested(20) }, 'unsupportedFilter'],
  'too many conditions': [
    { filter: { operator: 'OR', conditions: Array.from({ length: 5000 }, () => ({ from: 'x' })) } },
    'unsupportedFilter',
  ],
  'mailboxes without end': [
    { filter: { inMailboxOtherThan: Array.from({ length: 100_000 }, () => inbox) } },
    'invalidArguments',
  ],
  'an operator nobody knows': [{ filter: { operator: 'XOR', conditions: [] } }, 'invalidArguments'],
  'conditions that are none': [{ filter: { operator: 'AND', conditions: [7] } }, 'invalidArguments'],
  'a filter that is a list': [{ filter: [] }, 'invalidArguments'],
  'a date that is none': [{ filter: { before: '2026-13-01T00:00:00Z' } }, 'invalidArguments'],
  'a date with an offset': [{ filter: { after: '2026-01-01T00:00:00+02:00' } }, 'invalidArguments'],
  'a size below nothing': [{ filter: { minSize: -1 } }, 'invalidArguments'],
  'a size that is text': [{ filter: { maxSize: '7' } }, 'invalidArguments'],
  'a keyword that can be none': [{ filter: { hasKeyword: 'two words' } }, 'invalidArguments'],
  'a text that is a number': [{ filter: { from: 7 } }, 'invalidArguments'],
  'a text without end': [{ filter: { subject: 'x '.repeat(5000) } }, 'invalidArguments'],
  'an order nobody knows': [{ sort: [{ property: 'colour' }] }, 'unsupportedSort'],
  'an order of an object': [{ sort: [{ property: 'constructor' }] }, 'unsupportedSort'],
  'a collation nobody knows': [{ sort: [{ property: 'subject', collation: 'i;basic' }] }, 'unsupportedSort'],
  'orders without end': [{ sort: Array.from({ length: 1000 }, () => ({ property: 'size' })) }, 'invalidArguments'],
  'an order without its keyword': [{ sort: [{ property: 'hasKeyword' }] }, 'invalidArguments'],
  'an order by a keyword that can be none': [{ sort: [{ property: 'hasKeyword', keyword: '(' }] }, 'invalidArguments'],
  'a position that is none': [{ position: 1.5 }, 'invalidArguments'],
  'a limit below nothing': [{ limit: -1 }, 'invalidArguments'],
  'another account': [{ accountId: 'a1' }, 'accountNotFound'],
}

for (const [what, [args, error]] of Object.entries(hostile))
  test(`refused: ${what}`, async () => {
    assert.equal((await reader.fail('Email/query', args))['type'], error)
  })

test('a window at the end of all numbers is empty', async () => {
  for (const filter of [{ inMailbox: inbox }, { hasKeyword: '$seen' }])
    assert.equal(await find({ filter, position: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER }), '')
})

test('searched text is never part of a statement or a pattern', async () => {
  for (const text of ["'", "'; drop table item; --", '%', '_', String.raw`\\`, '$1', '(', '\u0000x'.slice(1), '😀'])
    assert.equal(await find({ filter: { subject: `${text}nowhere` } }), '')
})

test('queryChanges of a mailbox tells what came and went, as the example of RFC 8621 §4.10 does', async () => {
  const own = await openLetters()
  const filter = { inMailbox: own.inbox }
  const { queryState, canCalculateChanges } = await own.query({ filter })
  assert.equal(canCalculateChanges, true)
  const nothing = await own.reader.call('Email/queryChanges', { filter, sinceQueryState: queryState })
  assert.deepEqual([nothing['added'], nothing['removed'], nothing['newQueryState']], [[], [], queryState])
  const arrived = await own.reader.file('inbox', {}, { receivedAt: new Date(at(9)) })
  const between = await own.reader.file('inbox', {}, { receivedAt: new Date(at(3)) })
  await own.reader.call('Email/set', {
    destroy: [own.ids['E']],
    update: { [own.ids['A'] as string]: { mailboxIds: { [own.archive]: true } } },
  })
  const changes = await own.reader.call('Email/queryChanges', {
    filter,
    sinceQueryState: queryState,
    calculateTotal: true,
  })
  assert.deepEqual(new Set(changes['removed'] as string[]), new Set([own.ids['E'], own.ids['A']]))
  assert.deepEqual(changes['added'], [
    { id: arrived, index: 0 },
    { id: between, index: 3 },
  ])
  assert.equal(changes['total'], 6)
  assert.equal(changes['newQueryState'], (await own.query({ filter }))['queryState'])
  const tooMany = await own.reader.fail('Email/queryChanges', { filter, sinceQueryState: queryState, maxChanges: 3 })
  assert.equal(tooMany['type'], 'tooManyChanges')
})

test('queryChanges says when it cannot tell', async () => {
  const { queryState } = await letters.query({ filter: { inMailbox: inbox } })
  const { queryState: searched } = await letters.query({ filter: { hasKeyword: '$seen' } })
  const refused: [filter: Json, sinceQueryState: unknown][] = [
    [{ inMailbox: archive }, queryState],
    [{ inMailbox: inbox }, 'F1-1-1'],
    [{ inMailbox: inbox }, `${inbox}-999999-1`],
    [{ inMailbox: inbox }, `${inbox}-1-9999999999999999`],
    [{ inMailbox: inbox }, ''],
    [{ inMailbox: inbox }, searched],
    [{ inMailbox: 'F1' }, 'F1-1-1'],
    [{ hasKeyword: '$seen' }, '1'],
  ]
  for (const [filter, sinceQueryState] of refused)
    assert.equal(
      (await reader.fail('Email/queryChanges', { filter, sinceQueryState }))['type'],
      'cannotCalculateChanges',
    )
  const same = await reader.call('Email/queryChanges', { filter: { hasKeyword: '$seen' }, sinceQueryState: searched })
  assert.deepEqual([same['added'], same['removed']], [[], []])
})

test('the first page of a mailbox and all that a list shows of it, in one request', async () => {
  const [page, own, threads, all] = await reader.calls(
    [
      'Email/query',
      {
        accountId: reader.accountId,
        filter: { inMailbox: inbox },
        collapseThreads: true,
        limit: 30,
        calculateTotal: true,
      },
      '0',
    ],
    [
      'Email/get',
      {
        accountId: reader.accountId,
        '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' },
        properties: ['threadId'],
      },
      '1',
    ],
    [
      'Thread/get',
      { accountId: reader.accountId, '#ids': { resultOf: '1', name: 'Email/get', path: '/list/*/threadId' } },
      '2',
    ],
    [
      'Email/get',
      {
        accountId: reader.accountId,
        '#ids': { resultOf: '2', name: 'Thread/get', path: '/list/*/emailIds' },
        properties: [
          'threadId',
          'mailboxIds',
          'keywords',
          'hasAttachment',
          'from',
          'subject',
          'receivedAt',
          'size',
          'preview',
        ],
      },
      '3',
    ],
  )
  assert.equal(letters.shown(page?.[1] as Json), 'HGED')
  assert.equal(page?.[1]['total'], 4)
  assert.equal((own?.[1]['list'] as Json[]).length, 4)
  assert.equal((threads?.[1]['list'] as Json[]).length, 4)
  assert.equal((all?.[1]['list'] as Json[]).length, 7)
})
