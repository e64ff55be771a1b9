/** Rules that people make in the app, as the server takes and runs them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseScript, type Script } from '#formats/sieve'
import { runText, summaryOf, type Around } from '#test/filing'
import { accepted, examples } from '#test/sieve-scripts'
import { readScript } from '../web/app/rules/read.ts'
import type { Action, Condition, Rule } from '../web/app/rules/rule.ts'
import { tidy } from '../web/app/rules/rule.ts'
import { writeScript } from '../web/app/rules/write.ts'

const letter = `From: Berta Vogel <berta@shop.example.org>
To: Anna <anna+shop@zegel.test>
Cc: verein@lists.example.net
Subject: =?utf-8?Q?Ihre_Rechnung_f=C3=BCr_M=C3=A4rz?=
List-Id: Neues vom Verein <neues.lists.example.net>
X-Sorte: "a\\b"
Content-Type: text/html; charset=utf-8

<p>Bitte <b>überweisen</b> Sie.</p>
`
const around: Around = {
  envelope: { from: 'berta@shop.example.org', to: 'anna+shop@zegel.test' },
  lists: { 'urn:ietf:params:sieve:addrbook:default': ['berta@shop.example.org'] },
}

const asked = (field: Condition['field'], how: Condition['how'], value = '', name = ''): Condition => ({
  field,
  how,
  isNot: false,
  name,
  value,
})
const rule = (over: Partial<Rule>): Rule =>
  tidy({ name: 'R', isOn: true, match: 'all', conditions: [], actions: [{ kind: 'read' }], stops: false, ...over })
const run = async (rules: Rule[], more: Around = {}): Promise<string> =>
  summaryOf(
    await runText(writeScript({ parts: rules.map((one) => ({ rule: one })), requires: [] }), letter, {
      ...around,
      ...more,
    }),
  )

const conditions: [asked: Condition, holds: boolean][] = [
  [asked('from', 'contains', 'vogel'), true],
  [asked('from', 'contains', 'Vögel'), false],
  [asked('from', 'is', 'BERTA@shop.example.org'), true],
  [asked('from', 'is', 'shop.example.org'), false],
  [asked('from', 'domain', '@shop.example.org'), true],
  [asked('from', 'domain', 'example.org'), false],
  [asked('to', 'contains', 'Anna'), true],
  [asked('to', 'is', 'verein@lists.example.net'), true],
  [asked('to', 'domain', 'zegel.test'), true],
  [asked('to', 'is', 'anna@zegel.test'), false],
  [asked('mine', 'is', 'anna@zegel.test'), true],
  [asked('mine', 'is', 'Anna+Shop@zegel.test'), true],
  [asked('mine', 'is', 'anna+bank@zegel.test'), false],
  [asked('mine', 'is', 'nna@zegel.test'), false],
  [asked('subject', 'contains', 'RECHNUNG FÜR'.toLowerCase()), true],
  [asked('subject', 'is', 'Ihre Rechnung für März'), true],
  [asked('subject', 'is', 'Ihre Rechnung'), false],
  [asked('subject', 'contains', '*'), false],
  [asked('list', 'exists'), true],
  [asked('list', 'contains', 'neues.lists'), true],
  [asked('text', 'contains', 'überweisen Sie'), true],
  [asked('text', 'contains', '<b>'), false],
  [asked('header', 'exists', '', 'X-Sorte'), true],
  [asked('header', 'exists', '', 'X-Andere'), false],
  [asked('header', 'is', '"a\\b"', 'X-Sorte'), true],
  [asked('header', 'contains', 'text/', 'Content-Type'), true],
  [asked('size', 'under', '1M'), true],
  [asked('size', 'over', '1K'), false],
  [asked('known', 'exists'), true],
]
for (const [condition, holds] of conditions) {
  const { field, how, name, value } = condition
  test(`${field} ${how} ${name} ${value}: ${holds}`, async () => {
    assert.equal(await run([rule({ conditions: [condition] })]), holds ? String.raw`keep (\Seen)` : 'keep')
    const turned = rule({ conditions: [{ ...condition, isNot: true }] })
    assert.equal(await run([turned]), holds ? 'keep' : String.raw`keep (\Seen)`)
    assert.equal(await run([{ ...turned, isOn: false }]), 'keep')
  })
}

test('whoever is no correspondent is not known', async () => {
  const none: Around = { lists: { 'urn:ietf:params:sieve:addrbook:default': [] } }
  assert.equal(await run([rule({ conditions: [asked('known', 'exists')] })], none), 'keep')
})

const yes = asked('subject', 'contains', 'Rechnung')
const no = asked('subject', 'contains', 'Mahnung')
const matching: [match: Rule['match'], conditions: Condition[], holds: boolean][] = [
  ['all', [yes, no], false],
  ['all', [yes, { ...no, isNot: true }], true],
  ['any', [no, yes], true],
  ['any', [no], false],
  ['every', [], true],
]
for (const [match, all, holds] of matching)
  test(`${match} of ${all.length}: ${holds}`, async () => {
    const result = await run([rule({ match, conditions: all })])
    assert.equal(result, holds ? String.raw`keep (\Seen)` : 'keep')
    assert.equal(await run([rule({ match, conditions: all, isOn: false })]), 'keep')
  })

const actions: [actions: Action[], does: string][] = [
  [[{ kind: 'star' }, { kind: 'read' }], String.raw`keep (\Seen \Flagged)`],
  [[{ kind: 'label', keyword: 'wichtig' }], 'keep (wichtig)'],
  [
    [{ kind: 'folder', id: 'F3', path: 'Haus/"Alles"' }, { kind: 'read' }],
    String.raw`fileinto F3 / Haus/"Alles" + (\Seen)`,
  ],
  [[{ kind: 'folder', id: undefined, path: 'Haus' }], 'fileinto Haus +'],
  [[{ kind: 'trash' }], String.raw`fileinto \Trash / Trash +`],
  [[{ kind: 'forward', address: 'bea@example.org', isKept: true }], 'redirect bea@example.org, keep'],
  [[{ kind: 'forward', address: 'bea@example.org', isKept: false }], 'redirect bea@example.org'],
  [
    [
      { kind: 'forward', address: 'bea@example.org', isKept: false },
      { kind: 'folder', id: 'F3', path: 'Haus' },
    ],
    'redirect bea@example.org, fileinto F3 / Haus +',
  ],
  [[{ kind: 'refuse', text: 'Nein, danke.\n.\nWirklich' }], 'ereject Nein, danke.\r\n.\r\nWirklich'],
]
for (const [all, does] of actions)
  test(`what a rule does: ${does.split('\r\n')[0]}`, async () => {
    assert.equal(await run([rule({ match: 'every', actions: all })]), does)
  })

test('rules go one after another, up to one after which nothing comes; refusing is such a one', async () => {
  const label = (keyword: string, stops: boolean): Rule =>
    rule({ match: 'every', actions: [{ kind: 'label', keyword }], stops })
  assert.equal(await run([label('a', false), label('b', true), label('c', true)]), 'keep (a b)')
  const refuse = rule({ match: 'every', actions: [{ kind: 'refuse', text: 'Nein' }] })
  assert.equal(await run([refuse, rule({ match: 'every', actions: [{ kind: 'trash' }] })]), 'ereject Nein')
})

test('a rule that does nothing but end the rules is an exception to those below it', async () => {
  const exception = rule({ conditions: [yes], actions: [], stops: true })
  assert.equal(await run([exception, rule({ match: 'every', actions: [{ kind: 'trash' }] })]), 'keep')
})

test('what is written by hand runs between them, with what it requires', async () => {
  const script = writeScript({
    parts: [
      { rule: rule({ match: 'every' }) },
      { text: 'if header :regex "Subject" "R.*g" { fileinto "Haus"; }' },
      { rule: rule({ match: 'every', actions: [{ kind: 'star' }] }) },
    ],
    requires: ['regex', 'fileinto'],
  })
  parseScript(script)
  assert.equal(summaryOf(await runText(script, letter, around)), String.raw`fileinto Haus (\Seen)`)
})

test('a script without a rule does nothing', async () => {
  assert.equal(await run([]), 'keep')
})

const taken = [...examples, ...Object.entries(accepted)]

test('whatever script the server takes can be divided, and nothing of it is lost', () => {
  assert.ok(taken.length > 100)
  for (const [name, script] of taken) {
    const set = readScript(script)
    assert.ok(set, name)
    const texts = set.parts.map((part) => ('text' in part ? part.text : ''))
    // What the script requires is written anew; all else stands byte for byte where it stood.
    let rest = script
    for (const text of texts) {
      const at = rest.indexOf(text)
      assert.notEqual(at, -1, name)
      assert.match(rest.slice(0, at), /^(?:\s|\uFEFF|require\s*(?:"[^"]*"|\[[^\]]*\])\s*;)*$/i, name)
      rest = rest.slice(at + text.length)
    }
    assert.match(rest, /^(?:\s|require\s*(?:"[^"]*"|\[[^\]]*\])\s*;)*$/i, name)
    const again = writeScript(set)
    assert.equal(writeScript(readScript(again) ?? { parts: [], requires: [] }), again, name)
    assert.equal(namesIn(again), namesIn(script), name)
  }
})

/** What a script does, as far as its names tell, and what it requires. */
function namesIn(script: string): string {
  const { commands, requires } = parseScript(script)
  const of = (all: Script['commands']): unknown[] =>
    all.map(({ name, args, tags, block }) => [name, args, tags, of(block)])
  return JSON.stringify([of(commands), commands.length === 0 ? [] : [...requires].sort()])
}
