import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action, Situation } from '#mail/filing'
import { runText, summaryOf, type Around } from '#test/filing'

const LETTER = `From: Bea <bea@example.org>
To: Anna <anna@zegel.test>
Subject: Caf=?utf-8?q?=C3=A9?= or not
Message-ID: <2@example.org>
References: <0@example.org> <1@example.org>

Text
`

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>

async function actionOf<K extends Action['kind']>(
  kind: K,
  script: string,
  letter = LETTER,
  around?: Around,
): Promise<Of<K> | undefined> {
  const { actions, fault } = await runText(script, letter, around)
  assert.equal(fault, undefined)
  return actions.find((action): action is Of<K> => action.kind === kind)
}

const vacation = (tags: string, around?: Around, letter = LETTER) =>
  actionOf('vacation', `require ["vacation", "vacation-seconds", "variables"]; vacation ${tags};`, letter, around)

test('an answer has all that it needs to be written and sent (RFC 5230)', async () => {
  const answer = await vacation('"I am away."')
  assert.deepEqual(
    { ...answer, handle: '' },
    {
      kind: 'vacation',
      to: 'bea@example.org',
      address: 'anna@zegel.test',
      from: 'anna@zegel.test',
      subject: 'Auto: Caf=?utf-8?q?=C3=A9?= or not',
      text: 'I am away.',
      isMime: false,
      handle: '',
      seconds: 604_800,
      inReplyTo: ['2@example.org'],
      references: ['0@example.org', '1@example.org', '2@example.org'],
    },
  )
})

const subjects: readonly [what: string, tags: string, letter: string, subject: string][] = [
  ['the one that is said', ':subject "Gone" "x"', LETTER, 'Gone'],
  [
    'without the line ends in it',
    ':subject "Gone\r\nBcc: victim@example.net" "x"',
    LETTER,
    'Gone Bcc: victim@example.net',
  ],
  ['that of the letter, decoded', '"x"', LETTER.replace('Caf=', '=').replace('?= or', '?= or'), 'Auto: é or not'],
  ['none of a letter without one', '"x"', LETTER.replace(/^Subject.*\n/m, ''), 'Automated reply'],
]
for (const [what, tags, letter, subject] of subjects)
  test(`the subject of an answer is ${what} (RFC 5230 §4.3)`, async () => {
    assert.equal((await vacation(tags, {}, letter))?.subject, subject)
  })

const periods: readonly [tags: string, seconds: number][] = [
  ['"x"', 7 * 86_400],
  [':days 1 "x"', 86_400],
  [':days 4000000 "x"', 365 * 86_400],
  [':seconds 0 "x"', 0],
  [':seconds 90 "x"', 90],
]
for (const [tags, seconds] of periods)
  test(`vacation ${tags} is silent for ${seconds} seconds (RFC 5230 §4.1, RFC 6131 §2)`, async () => {
    assert.equal((await vacation(tags))?.seconds, seconds)
  })

test('answers have one handle when they say the same, or are called the same (RFC 5230 §4.2)', async () => {
  const handle = async (tags: string): Promise<string | undefined> => (await vacation(tags))?.handle
  const plain = await handle('"x"')
  assert.equal(plain, await handle(':days 2 "x"'))
  for (const other of ['"y"', ':subject "s" "x"', ':mime "\r\nx"', ':handle "x" "x"'])
    assert.notEqual(plain, await handle(other))
  assert.equal(await handle(':handle "h" "x"'), await handle(':handle "h" :subject "s" "y"'))
})

test('an answer comes from an address of the owner, whatever the script says', async () => {
  const own = ['anna@work.test']
  assert.equal((await vacation(':from "Anna <anna@work.test>" "x"', { own }))?.from, 'Anna <anna@work.test>')
  assert.equal((await vacation(':from "bea@example.org" "x"', { own }))?.from, 'anna@zegel.test')
  const toOther = LETTER.replace('anna@zegel.test', 'team@example.net')
  assert.equal(await vacation('"x"', { own }, toOther), undefined)
  const answer = await vacation(':addresses "Team <TEAM@example.net>" "x"', { own }, toOther)
  assert.deepEqual([answer?.address, answer?.from], ['anna@zegel.test', 'anna@zegel.test'])
})

const unanswered: readonly [what: string, letter: string, around?: Around][] = [
  ['of the null sender', LETTER, { envelope: { from: '', to: 'anna@zegel.test' } }],
  [
    'of the null sender that brings a Return-Path',
    `Return-Path: <victim@example.net>\n${LETTER}`,
    { envelope: { from: '', to: 'anna@zegel.test' } },
  ],
  ['of a list', `List-Id: <choir.example.org>\n${LETTER}`],
  ['of a machine', `Auto-Submitted: auto-replied\n${LETTER}`],
  ['that does not name its owner', LETTER.replace('anna@zegel.test', 'team@example.net')],
  ['from oneself', LETTER, { envelope: { from: 'anna@zegel.test', to: 'anna@zegel.test' } }],
  ['from another address of oneself', LETTER, { own: ['bea@example.org'] }],
  ['from noreply', LETTER, { envelope: { from: 'noreply@example.org', to: 'anna@zegel.test' } }],
]
for (const [what, letter, around] of unanswered)
  test(`a letter ${what} is not answered, and kept (RFC 5230 §4.5, §4.6)`, async () => {
    assert.equal(summaryOf(await runText('require "vacation"; vacation "x";', letter, around)), 'keep')
  })

test('an answer with a MIME part needs one, and a sender needs an address', async () => {
  const mime = await vacation(':mime "Content-Type: text/html\r\n\r\n<b>x</b>"')
  assert.equal(mime?.isMime, true)
  const faults = [
    ['require "vacation"; vacation :mime "no header";', 'fault field'],
    ['require ["vacation", "variables"]; set "a" "nobody"; vacation :from "${a}" "x";', 'fault address'],
    ['require "vacation"; vacation "a"; vacation "b";', 'fault conflict'],
  ] as const
  for (const [script, summary] of faults) assert.equal(summaryOf(await runText(script, LETTER)), summary)
})

const notify = (tags: string, around?: Around, letter = LETTER) =>
  actionOf('notify', `require "enotify"; notify ${tags};`, letter, around)

test('a notification has what the URI and the tags say, and no more (RFC 5436 §2.7)', async () => {
  const uri =
    'mailto:a@b.example?cc=c@d.example&body=Hello%0D%0Ayou&from=x@y.example&auto-submitted=no&subject=From%20there'
  assert.deepEqual(await notify(`:importance "1" :from "anna@zegel.test" "${uri}"`), {
    kind: 'notify',
    to: ['a@b.example'],
    cc: ['c@d.example'],
    from: 'anna@zegel.test',
    subject: 'From there',
    text: 'Hello\r\nyou',
    importance: 1,
    isSenderNull: false,
  })
  const other = await notify(':from "bea@example.org" "mailto:a@b.example"', {
    envelope: { from: '', to: 'anna@zegel.test' },
  })
  assert.deepEqual([other?.from, other?.isSenderNull], [undefined, true])
  assert.equal(await notify('"mailto:a@b.example"', {}, `Auto-Submitted: auto-generated\n${LETTER}`), undefined)
})

test('a letter is a duplicate when its id was remembered, by handle and for a time (RFC 7352)', async () => {
  const script = (tags: string) => `require ["duplicate", "fileinto"]; if duplicate ${tags} { fileinto "Again"; }`
  const first = await runText(script(''), LETTER)
  assert.equal(summaryOf(first), 'keep')
  assert.deepEqual(
    first.remember.map(({ seconds, isLast }) => [seconds, isLast]),
    [[604_800, false]],
  )
  const seen = first.remember.map(({ id }) => id)
  assert.equal(
    seen.some((id) => id.includes('@')),
    false,
  )
  const again = await runText(script(''), LETTER, { seen })
  assert.deepEqual([summaryOf(again), again.remember], ['fileinto Again', []])
  const last = await runText(script(':last :seconds 60'), LETTER, { seen })
  assert.deepEqual(last.remember, [{ id: seen[0], seconds: 60, isLast: true }])
  for (const tags of [':handle "h"', ':header "Subject"', ':uniqueid "u"'])
    assert.equal(summaryOf(await runText(script(tags), LETTER, { seen })), 'keep')
  assert.equal(summaryOf(await runText(script(':header "X-None"'), LETTER)), 'keep')
})

test('the same question about a duplicate has the same answer within a script (RFC 7352 §3)', async () => {
  let asked = 0
  const wasSeen: Situation['wasSeen'] = async () => asked++ > 0
  const script = 'require ["duplicate", "fileinto"]; if duplicate { fileinto "A"; } if duplicate { fileinto "B"; }'
  assert.equal(summaryOf(await runText(script, LETTER, { wasSeen })), 'keep')
})

test('what a fault ends is not remembered', async () => {
  const { remember } = await runText('require ["duplicate", "ihave"]; if duplicate { stop; } error "x";', LETTER)
  assert.deepEqual(remember, [])
})

test('the trace says which test held and what was done, line by line', async () => {
  const script = `require ["fileinto", "include"];
if anyof (header :contains "subject" "x",
          not exists "cc") {
  fileinto "A";
}
include "more";
if size :over 1M { discard; }`
  const { trace } = await runText(script, LETTER, { scripts: { more: '\nif true { redirect "a@b.example"; }' } })
  const lines = trace.map((step) =>
    [step.place.line, step.script, 'test' in step ? `${step.test} ${step.isTrue}` : step.action]
      .filter((one) => one !== undefined)
      .join(' '),
  )
  assert.deepEqual(lines, [
    '2 header false',
    '3 exists false',
    '3 not true',
    '2 anyof true',
    '4 fileinto',
    '2 personal/more true true',
    '2 personal/more redirect',
    '7 size false',
  ])
})

test('a fault is told with its place, and with the script it was in', async () => {
  const own = await runText('require "reject";\nkeep;\n  reject "no";', LETTER)
  assert.deepEqual(own.fault, { reason: 'conflict', place: { line: 3, column: 3 } })
  const scripts = { a: 'require ["variables", "fileinto"];\n\nif true { fileinto "${x}"; }' }
  const included = await runText('require "include"; include "a";', LETTER, { scripts })
  assert.deepEqual(included.fault, { reason: 'mailbox', place: { line: 3, column: 11 }, script: 'personal/a' })
})

test('what the caller’s own functions throw is the caller’s', async () => {
  const mailboxExists: Situation['mailboxExists'] = () => Promise.reject(new Error('no database'))
  const script = 'require "mailbox"; if mailboxexists "A" { discard; }'
  await assert.rejects(runText(script, LETTER, { mailboxExists }), /no database/)
})
