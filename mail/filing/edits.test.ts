import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { applyEdits, type Action, type HeaderEdit } from '#mail/filing'
import { runText } from '#test/filing'

const edited = (letter: string, edits: readonly HeaderEdit[]): string =>
  applyEdits(parseMessage(Buffer.from(letter)), edits).toString()

const add = (name: string, value: string, isLast = false): HeaderEdit => ({ kind: 'add', name, value, isLast })
const remove = (field: number): HeaderEdit => ({ kind: 'delete', field })

const LETTER = 'A: 1\r\nB: two\r\n lines\r\nC: 3\r\n\r\nBody\r\n'

const cases: readonly [what: string, letter: string, edits: HeaderEdit[], then: string][] = [
  ['nothing', LETTER, [], LETTER],
  ['one before all others', LETTER, [add('X', 'x')], `X: x\r\n${LETTER}`],
  ['two of them, in their order', LETTER, [add('X', 'x'), add('Y', 'y')], `X: x\r\nY: y\r\n${LETTER}`],
  ['one behind them', LETTER, [add('X', 'x', true)], LETTER.replace('\r\n\r\n', '\r\nX: x\r\n\r\n')],
  ['a folded one less', LETTER, [remove(1)], 'A: 1\r\nC: 3\r\n\r\nBody\r\n'],
  ['all less', LETTER, [remove(0), remove(1), remove(2)], '\r\nBody\r\n'],
  ['all less, and one more', LETTER, [remove(2), remove(0), remove(1), add('X', 'x', true)], 'X: x\r\n\r\nBody\r\n'],
  ['of LF', 'A: 1\nB: 2\n\nBody\n', [remove(0), add('X', 'x')], 'X: x\r\nB: 2\n\nBody\n'],
  ['of CR CR LF', 'A: 1\r\r\nB: 2\r\r\n\r\nBody', [remove(0)], 'B: 2\r\r\n\r\nBody'],
  ['of CR alone', 'A: 1\rB: 2\r\rBody\r', [remove(0)], 'B: 2\r\rBody\r'],
  ['a header alone', 'A: 1\r\nB: 2', [add('X', 'x', true)], 'A: 1\r\nB: 2\r\nX: x\r\n'],
  ['a header alone, its end less', 'A: 1\r\nB: 2', [remove(1)], 'A: 1\r\n'],
  ['a body alone', 'Hello you\r\n', [add('X', 'x')], 'X: x\r\n\r\nHello you\r\n'],
  ['nothing at all', '', [add('X', 'x')], 'X: x\r\n\r\n'],
  ['an empty header', '\r\nBody', [add('X', 'x')], 'X: x\r\n\r\nBody'],
  [
    'the line of an mbox file',
    'From bea Mon Sep  7\nA: 1\n\nBody',
    [add('X', 'x'), remove(0)],
    'From bea Mon Sep  7\nX: x\r\n\nBody',
  ],
  ['a stray line', 'A: 1\r\nstray\r\nB: 2\r\n\r\nBody', [remove(0)], 'stray\r\nB: 2\r\n\r\nBody'],
  ['bytes that are no text', 'A: \xff\x00\r\nB: 2\r\n\r\n\xff', [remove(1)], 'A: \xff\x00\r\n\r\n\xff'],
  ['words beyond ASCII', 'A: 1\r\n\r\n', [add('X', 'Käse')], 'X: =?utf-8?B?S8Okc2U=?=\r\nA: 1\r\n\r\n'],
  [
    'a name beyond ASCII',
    'A: 1\r\n\r\n',
    [add('Cc', 'Käse <k@example.org>')],
    'Cc: =?utf-8?B?S8Okc2U=?= <k@example.org>\r\nA: 1\r\n\r\n',
  ],
]

for (const [what, letter, edits, then] of cases)
  test(`a header with ${what}`, () => {
    assert.equal(edited(letter, edits), then)
  })

/** What each action would give of a letter. */
async function given(script: string, letter: string): Promise<string[]> {
  const { actions, fault } = await runText(`require ["editheader", "fileinto", "copy"];\n${script}`, letter)
  assert.equal(fault, undefined)
  const message = parseMessage(Buffer.from(letter.replaceAll('\n', '\r\n')))
  return actions.map((action: Action) =>
    applyEdits(message, 'edits' in action ? action.edits : []).toString('utf8', 0, 40),
  )
}

test('an action has the header as it was then (RFC 5293 §6)', async () => {
  const script = `addheader "X" "1"; redirect :copy "a@b.example"; deleteheader "X"; deleteheader "Subject"; fileinto :copy "A";
    addheader "Subject" "new";`
  assert.deepEqual(await given(script, 'Subject: old\nA: 1\n\n'), [
    'X: 1\r\nSubject: old\r\nA: 1\r\n\r\n',
    'A: 1\r\n\r\n',
    'Subject: new\r\nA: 1\r\n\r\n',
  ])
})

test('a value with a line end stays within its field, and of several added ones the newest is first', async () => {
  const script = 'addheader "X" "1\r\nBcc: victim@example.net"; addheader "Y" "2";'
  assert.deepEqual(await given(script, 'A: 1\n\n'), ['Y: 2\r\nX: 1 Bcc: victim@example.net\r\nA: 1'])
})

test('a refusal sends the letter back as it came, and so is a letter kept that a fault was met in', async () => {
  const { actions, edits, fault } = await runText(
    'require ["editheader", "ihave"]; addheader "X" "1"; error "no";',
    'A: 1\n\n',
  )
  assert.deepEqual(
    [actions, edits, fault?.text],
    [[{ kind: 'keep', isImplicit: true, flags: [], edits: [] }], [], 'no'],
  )
})
