import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readScript } from './read.ts'
import { faultsOf, fields, hows, inOrder, matches, tidy } from './rule.ts'
import type { Action, Condition, Rule } from './rule.ts'
import { head, writeScript } from './write.ts'
import type { Part, RuleSet } from './write.ts'

const rule = (over: Partial<Rule> = {}): Rule => ({
  name: 'Rechnungen',
  isOn: true,
  match: 'all',
  conditions: [{ field: 'subject', how: 'contains', isNot: false, name: '', value: 'Rechnung' }],
  actions: [{ kind: 'read' }],
  stops: true,
  ...over,
})
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n`

test('a rule is plain Sieve below a line with its name', () => {
  const parts: Part[] = [
    {
      rule: rule({
        actions: [{ kind: 'read' }, { kind: 'folder', id: 'F3', path: 'Haus/Rechnungen' }],
      }),
    },
    {
      rule: rule({
        name: 'Chef',
        isOn: false,
        match: 'any',
        conditions: [
          { field: 'from', how: 'is', isNot: false, name: '', value: 'chef@example.org' },
          { field: 'size', how: 'over', isNot: true, name: '', value: '5M' },
        ],
        actions: [{ kind: 'star' }],
        stops: false,
      }),
    },
  ]
  assert.equal(
    writeScript({ parts, requires: [] }),
    lines(
      head,
      'require ["fileinto", "imap4flags", "mailbox", "mailboxid"];',
      '',
      '# rule:[Rechnungen]',
      'if allof (header :contains "Subject" "Rechnung") {',
      String.raw`    addflag "\\Seen";`,
      '    fileinto :mailboxid "F3" :create "Haus/Rechnungen";',
      '    stop;',
      '}',
      '',
      '# rule:[Chef]',
      'if allof (',
      '    false,',
      '    anyof (',
      '        address :is "From" "chef@example.org",',
      '        not size :over 5M',
      '    )',
      ') {',
      String.raw`    addflag "\\Flagged";`,
      '}',
    ),
  )
})

/** Signs that mean something to Sieve, and some that mean nothing to it. */
const text = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: most }),
    fc
      .array(
        fc.constantFrom('"', '\\', '#', ';', '{', '}', '[', ']', '/*', '*/', '${', '.', '\n', '\r\n', ' ', 'ä', 'a'),
        {
          maxLength: 20,
        },
      )
      .map((all) => all.join('')),
  )
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true })
const address = fc.constantFrom('anna@zegel.test', 'anna+shop@zegel.test', 'o’hara@exämple.org', 'a.b-c@example.org')

const condition: fc.Arbitrary<Condition> = fc.constantFrom(...fields).chain((field) =>
  record<Condition>({
    field: fc.constant(field),
    how: fc.constantFrom(...hows[field]),
    isNot: fc.boolean(),
    name: field === 'header' ? fc.constantFrom('X-Spam', 'Precedence', 'X-A"b\\') : fc.constant(''),
    value:
      field === 'size'
        ? fc.constantFrom('1K', '500K', '25M', '3999M')
        : field === 'mine'
          ? address
          : fc.oneof(text(40), fc.constantFrom('example.org', '@example.org')),
  }),
)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>({ kind: 'read' }, { kind: 'star' }, { kind: 'trash' }),
  record<Action & { kind: 'label' }>({
    kind: fc.constant('label'),
    keyword: fc.constantFrom('wichtig', 'a-1', '$forwarded'),
  }),
  record<Action & { kind: 'forward' }>({ kind: fc.constant('forward'), address, isKept: fc.boolean() }),
  record<Action & { kind: 'folder' }>({
    kind: fc.constant('folder'),
    id: fc.option(fc.constantFrom('F1', 'Fzz9'), { nil: undefined }),
    path: text(40).map((path) => path.replace(/[\p{Cc}]/gu, '').toWellFormed()),
  }),
  record<Action & { kind: 'refuse' }>({ kind: fc.constant('refuse'), text: text(200) }),
)
const anyRule = record<Rule>({
  name: text(60),
  isOn: fc.boolean(),
  match: fc.constantFrom(...matches),
  conditions: fc.array(condition, { minLength: 1, maxLength: 5 }),
  actions: fc.array(action, { maxLength: 4 }).map(inOrder),
  stops: fc.boolean(),
})
  .map(tidy)
  .filter((one) => faultsOf(one, false).length === 0)

const byHand = fc.constantFrom(
  'if header :is "X" "y" {\n\tkeep ; # a comment of mine\n}',
  '/* several\nlines */\nset "name" "${1}";',
  '# only words',
  '# rule:[no rule]\r\nif anyof (true, false) { keep; }',
  '# rule:[has more]\nif true { stop; }\nelsif true { keep; }',
  'fileinto text:\n..dots\n"quotes" { [\n.\n;',
  '  vacation :days 7 "away { }";\r\n\r\n\r\nkeep;',
  '# rule:[with a word]\nif allof (header :contains "Subject" "a") {\n  # why\n  stop;\n}',
)
const anySet: fc.Arbitrary<RuleSet> = record<RuleSet>({
  parts: fc
    .array(
      fc.oneof(
        anyRule.map((one): Part => ({ rule: one })),
        byHand.map((one): Part => ({ text: one })),
      ),
      { maxLength: 6 },
    )
    // What stands beside each other, written by hand, is one part.
    .map((all) => all.filter((one, at) => 'rule' in one || 'rule' in (all[at - 1] ?? { rule: true }))),
  requires: fc.constantFrom([], ['fileinto', 'vacation'], ['fileinto', 'regex']),
})

test('whatever the rules are, the text says the same, and reading it gives them back', () => {
  fc.assert(
    fc.property(anySet, (set) => {
      const script = writeScript(set)
      const read = readScript(script)
      assert.deepEqual(read?.parts, set.parts)
      assert.equal(writeScript(read ?? { parts: [], requires: [] }), script)
      // As another program lays it out, and as a server that stores lines with LF alone gives it.
      const other = readScript(script.replaceAll('\r\n', '\n'))
      const rules = (parts: readonly Part[] = []) => parts.flatMap((part) => ('rule' in part ? [part.rule] : []))
      assert.deepEqual(rules(other?.parts), rules(set.parts))
    }),
    { numRuns: 1000 },
  )
})

const kept: Record<string, string> = {
  'a comment inside a rule': '# rule:[A]\nif allof (true) {\n  # mine\n  stop;\n}',
  'a test that no rule of the page has': '# rule:[A]\nif allof (header :matches "Subject" "a*") {\n  stop;\n}',
  'an action that no rule of the page has': '# rule:[A]\nif true {\n  discard;\n}',
  'an action before a mark that comes too late for it':
    '# rule:[A]\nif true {\n  fileinto :create "B";\n  addflag "\\\\Seen";\n}',
  'a rule without a name': 'if true {\n  stop;\n}',
  'another order of the tags': '# rule:[A]\nif allof (address :is :domain "From" "a.org") {\n  stop;\n}',
  'wildcards in an address of one’s own that are not ours':
    '# rule:[A]\nif allof (envelope :matches "to" ["a@b", "*@b"]) {\n  stop;\n}',
  'a rule that goes on with else': '# rule:[A]\nif true {\n  stop;\n}\nelse { keep; }',
  'tests within tests': '# rule:[A]\nif allof (anyof (true), not true) {\n  stop;\n}',
}
for (const [what, written] of Object.entries(kept))
  test(`what is written by hand stays byte for byte in its place: ${what}`, () => {
    const before: Part = { rule: rule({ name: 'before' }) }
    const after: Part = { rule: rule({ name: 'after' }) }
    const parts = [before, { text: written }, after]
    const script = writeScript({ parts, requires: ['fileinto', 'mailbox', 'envelope'] })
    assert.ok(script.includes(`\r\n\r\n${written}\r\n\r\n`))
    const read = readScript(script)
    assert.deepEqual(read?.parts, parts)
    assert.equal(writeScript(read ?? { parts: [], requires: [] }), script)
    assert.match(script, /^require \["envelope", "fileinto", "imap4flags", "mailbox"\];\r$/m)
  })

test('a rule that another program has laid out anew is still one', () => {
  const read = readScript(
    'require ["fileinto","mailbox"];\n# rule:[Zeitung]\nIF allof (header :contains "subject" "Woche",NOT exists "list-id")\n{\n\tFileInto :create "Zeitung";\n\tstop;\n}\n',
  )
  assert.deepEqual(read, {
    parts: [
      {
        rule: rule({
          name: 'Zeitung',
          conditions: [
            { field: 'subject', how: 'contains', isNot: false, name: '', value: 'Woche' },
            { field: 'list', how: 'exists', isNot: true, name: '', value: '' },
          ],
          actions: [{ kind: 'folder', id: undefined, path: 'Zeitung' }],
        }),
      },
    ],
    requires: [],
  })
})

test('where "${" has come to mean something, a rule with it is no rule any more', () => {
  const set = { parts: [{ rule: rule({ name: 'a', actions: [{ kind: 'label', keyword: '${x}' }] }) }], requires: [] }
  const script = writeScript(set).replace('"imap4flags"', '"imap4flags", "variables"')
  const read = readScript(script)
  assert.equal(read?.parts.length, 1)
  assert.ok(read?.parts.every((part) => 'text' in part))
})

test('comments around what the script requires are kept', () => {
  const read = readScript(
    lines('# mine', 'require "fileinto";', '# more of mine', '# and more', 'require ["copy"];', ''),
  )
  assert.deepEqual(read?.parts, [{ text: '# mine' }, { text: '# more of mine\r\n# and more' }])
  assert.deepEqual(read.requires, ['fileinto', 'copy'])
})

const undivided = ['keep', 'if true { keep; ', '}', '"', '/* ', 'text:\nabc\n', 'keep; \u0001', 'keep ; 12abc;']
for (const script of undivided)
  test(`left alone: ${JSON.stringify(script)}`, () => {
    assert.equal(readScript(script), undefined)
  })

test('a script of the largest size is read while somebody waits', () => {
  const script = `# rule:[a]\r\nif allof (${'not '.repeat(60_000)}true) { stop; }\r\n`
  assert.equal(readScript(script)?.parts.length, 1)
  assert.equal(readScript('/*'.repeat(120_000)), undefined)
  assert.equal(readScript('text:\n'.repeat(40_000)), undefined)
})

const wrong: [what: string, rule: Rule, reason: string][] = [
  ['no condition', rule({ conditions: [] }), 'noCondition'],
  ['no action', rule({ actions: [], stops: false }), 'noAction'],
  ['an empty value', rule({ conditions: [{ ...rule().conditions[0]!, value: '' }] }), 'value'],
  [
    'a wildcard in an address',
    rule({ actions: [{ kind: 'forward', address: '*@example.org', isKept: true }] }),
    'address',
  ],
  ['no number', rule({ conditions: [{ field: 'size', how: 'over', isNot: false, name: '', value: '0M' }] }), 'size'],
  [
    'a size beyond all',
    rule({ conditions: [{ field: 'size', how: 'over', isNot: false, name: '', value: '4096M' }] }),
    'size',
  ],
  [
    'a name of a field with a blank',
    rule({ conditions: [{ field: 'header', how: 'exists', isNot: false, name: 'X Y', value: '' }] }),
    'headerName',
  ],
  ['refused and kept', rule({ actions: [{ kind: 'read' }, { kind: 'refuse', text: 'no' }] }), 'refusedAndMore'],
  ['in two places', rule({ actions: [{ kind: 'folder', id: 'F1', path: 'A' }, { kind: 'trash' }] }), 'twoPlaces'],
  ['words of nothing', rule({ actions: [{ kind: 'refuse', text: '' }] }), 'words'],
]
for (const [what, one, reason] of wrong)
  test(`not kept: ${what}`, () => {
    assert.deepEqual(
      faultsOf(one, false).map((fault) => fault.reason),
      [reason],
    )
  })
