import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter, type Letter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

const LETTERS: { letter: Letter; receivedAt: string }[] = [
  {
    letter: {
      from: 'Zoe <anton@example.org>',
      to: 'Carl <m@example.org>',
      subject: 'Re: Birnen',
      date: 'Mon, 7 Sep 2026 09:00:00 +0200',
      messageId: 'one@example.org',
    },
    receivedAt: '2026-09-07T12:00:00Z',
  },
  {
    letter: {
      from: '"Émile" <zacharias@example.org>',
      to: 'k@example.org',
      cc: 'B <b@example.org>',
      subject: 'äpfel',
      // Earlier than the one before, although its clock shows more.
      date: 'Mon, 7 Sep 2026 10:00:00 +0900',
      text: 'x'.repeat(3000),
      messageId: 'two@example.org',
    },
    receivedAt: '2026-09-07T11:00:00Z',
  },
  {
    letter: {
      from: 'MARTIN@example.org',
      to: 'Anna <z@example.org>',
      cc: 'a@example.org',
      subject: '[liste] birnen (fwd)',
      date: 'none',
      inReplyTo: 'one@example.org',
      messageId: 'three@example.org',
    },
    receivedAt: '2026-09-06T11:00:00Z',
  },
  {
    letter: { from: 'bea@example.org', to: 'l@example.org', subject: '', date: 'Tue, 1 Sep 2026 10:00:00 +0000' },
    receivedAt: '2026-09-08T11:00:00Z',
  },
]

let imap: ImapDialogue
before(async () => {
  const person = await server.createAccount()
  for (const { letter, receivedAt } of LETTERS)
    await fileLetter(server, person, letter, { receivedAt: new Date(receivedAt) })
  imap = await signedInImap({ after: () => undefined }, server, person, { select: 'INBOX' })
  await imap.ok('STORE 1 +FLAGS.SILENT (\\Flagged)')
})
after(() => imap.close())

const ORDERS: Record<string, string> = {
  ARRIVAL: '3 2 1 4',
  'REVERSE ARRIVAL': '4 1 2 3',
  // By the moment, and of what has no date by that of arrival. RFC 5256 §2.2.
  DATE: '4 3 2 1',
  SIZE: '4 1 3 2',
  // By base subjects, without case; those that are equal stay in their order.
  SUBJECT: '4 2 1 3',
  'REVERSE SUBJECT': '1 3 2 4',
  'SUBJECT REVERSE ARRIVAL': '4 2 1 3',
  'SUBJECT ARRIVAL': '4 2 3 1',
  // By the part before the "@".
  FROM: '1 4 3 2',
  TO: '2 4 1 3',
  CC: '1 4 3 2',
  // By what is shown. RFC 5957.
  DISPLAYFROM: '4 2 3 1',
  DISPLAYTO: '3 1 2 4',
  'REVERSE DISPLAYFROM REVERSE DISPLAYFROM': '1 3 2 4',
}

for (const [criteria, order] of Object.entries(ORDERS))
  test(`SORT (${criteria})`, async () => {
    assert.deepEqual(await imap.ok(`SORT (${criteria}) UTF-8 ALL`), [`SORT ${order}`])
    // From memory this time.
    assert.deepEqual(await imap.ok(`UID SORT (${criteria}) US-ASCII 1:*`), [`SORT ${order}`])
  })

test('only what a search finds is sorted', async () => {
  assert.deepEqual(await imap.ok('SORT (REVERSE DATE) UTF-8 SUBJECT birnen'), ['SORT 1 3'])
  assert.deepEqual(await imap.ok('SORT (DATE) UTF-8 DELETED'), ['SORT'])
})

test('ESORT tells what is wanted of it, in its order (RFC 5267 §3)', async () => {
  const told = async (command: string): Promise<string | undefined> =>
    (await imap.ok(command))[0]?.replace(/^ESEARCH \(TAG "t\d+"\) /, '')
  assert.equal(await told('SORT RETURN (ALL) (DATE) UTF-8 ALL'), 'ALL 4,3,2,1')
  assert.equal(await told('SORT RETURN (MIN MAX COUNT) (SIZE) UTF-8 ALL'), 'MIN 4 MAX 2 COUNT 4')
  assert.equal(await told('UID SORT RETURN () (FROM) UTF-8 2:4'), 'UID ALL 4,3,2')
  assert.equal(await told('UID SORT RETURN (PARTIAL 2:3) (FROM) UTF-8 ALL'), 'UID PARTIAL (2:3 4,3)')
  assert.equal(await told('UID SORT RETURN (PARTIAL -1:-2) (SIZE) UTF-8 ALL'), 'UID PARTIAL (-1:-2 3,2)')
  assert.equal(await told('SORT RETURN (COUNT) (DATE) UTF-8 DELETED'), 'COUNT 0')
})

test('SORT tells the greatest mod-sequence when it was asked about (RFC 7162 §3.1.5)', async () => {
  const [, modSeq] = /MODSEQ \((\d+)\)/.exec((await imap.ok('FETCH 1 (MODSEQ)')).join()) ?? []
  assert.deepEqual(await imap.ok(`SORT (DATE) UTF-8 MODSEQ 1 1:2`), [`SORT 2 1 (MODSEQ ${modSeq})`])
})

test('THREAD REFERENCES gathers by references and subjects (RFC 5256 §3)', async () => {
  assert.deepEqual(await imap.ok('THREAD REFERENCES UTF-8 ALL'), ['THREAD (4)(2)(1 3)'])
  assert.deepEqual(await imap.ok('UID THREAD REFERENCES UTF-8 2:3'), ['THREAD (3)(2)'])
  assert.deepEqual(await imap.ok('THREAD REFERENCES UTF-8 DELETED'), ['THREAD'])
})

test('THREAD ORDEREDSUBJECT gathers by subjects alone', async () => {
  assert.deepEqual(await imap.ok('THREAD ORDEREDSUBJECT UTF-8 ALL'), ['THREAD (4)(3 1)(2)'])
})

test('what comes later is sorted among the others', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, { subject: 'b' })
  const one = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.deepEqual(await one.ok('SORT (SUBJECT) UTF-8 ALL'), ['SORT 1'])
  await fileLetter(server, person, { subject: 'a' })
  await one.ok('NOOP')
  assert.deepEqual(await one.ok('SORT (SUBJECT) UTF-8 ALL'), ['SORT 2 1'])
  // The other session has not been told of it, and is now.
  assert.deepEqual((await other.ok('SORT (SUBJECT) UTF-8 ALL'))[0], 'SORT 1')
  assert.deepEqual(await other.ok('SORT (SUBJECT) UTF-8 ALL'), ['SORT 2 1'])
})

/** A mailbox of letters with these subjects, the first the oldest. */
async function mailboxOf(t: Parameters<typeof signedInImap>[0], letters: readonly Letter[]): Promise<ImapDialogue> {
  const person = await server.createAccount()
  for (const [day, letter] of letters.entries())
    await fileLetter(server, person, { date: `Tue, ${day + 1} Sep 2026 10:00:00 +0000`, ...letter })
  return signedInImap(t, server, person, { select: 'INBOX' })
}

test('base subjects are exactly those of RFC 5256 §2.1, whatever else mailers put before a subject (§7)', async (t) => {
  const subjects = ['Re: birnen', 'AW: birnen', 'R: birnen', '[list] [Fwd: birnen]', 'birnen', 'Apfel']
  const imap = await mailboxOf(
    t,
    subjects.map((subject, at) => ({ subject, messageId: `${at}@example.org` })),
  )
  assert.deepEqual(await imap.ok('SORT (SUBJECT) UTF-8 ALL'), ['SORT 6 2 1 4 5 3'])
  assert.deepEqual(await imap.ok('THREAD ORDEREDSUBJECT UTF-8 ALL'), ['THREAD (1 (4)(5))(2)(3)(6)'])
  // What is forwarded within a list's tag is an answer too, and so below the one that is none (§3, REFERENCES).
  assert.deepEqual(await imap.ok('THREAD REFERENCES UTF-8 4:6'), ['THREAD (5 4)(6)'])
})

test('subjects are ordered by i;unicode-casemap (RFC 5051)', async (t) => {
  const subjects = ['a\u{1f600}', 'a\ufe0f', 'ßa', 'st', 'ǆ', 'dz', 'ÉA', 'eb']
  const imap = await mailboxOf(
    t,
    subjects.map((subject) => ({ subject })),
  )
  const [line = ''] = await imap.ok('SORT (SUBJECT) UTF-8 ALL')
  assert.deepEqual(
    line
      .split(' ')
      .slice(1)
      .map((number) => subjects[Number(number) - 1]),
    ['a\ufe0f', 'a\u{1f600}', 'dz', 'ǆ', 'eb', 'ÉA', 'st', 'ßa'],
  )
})

test('a Message-ID is the same with quotes and without (RFC 5256 §3)', async (t) => {
  const imap = await mailboxOf(t, [
    { subject: 'one', messageId: '"01KF8JCEOCBS0045PS"@example.org' },
    { subject: 'two', messageId: 'two@example.org', inReplyTo: '01KF8JCEOCBS0045PS@example.org' },
  ])
  assert.deepEqual(await imap.ok('THREAD REFERENCES US-ASCII ALL'), ['THREAD (1 2)'])
})
