import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { accepted, examples, refused } from '#test/sieve-scripts'
import { bounds, extensions, parseScript, quote, SieveError, textBlock, type Argument } from './index.ts'

/** Where and how a script is refused: "line:column sentence". */
function refusal(script: string, allowed?: ReadonlySet<string>): string {
  try {
    parseScript(script, allowed)
    return 'not refused'
  } catch (error) {
    assert.ok(error instanceof SieveError, String(error))
    return `${error.place.line}:${error.place.column} ${error.message}`
  }
}

/** The arguments of the one command of a script. */
const argsOf = (script: string): Argument[] => parseScript(script).commands.at(-1)!.args

test('there are examples', () => {
  assert.ok(examples.length > 80)
})

for (const [name, script] of examples) {
  test(`taken: ${name}`, () => {
    // Places and strings are the same however lines end.
    assert.deepEqual(parseScript(script.replaceAll('\n', '\r\n')), parseScript(script))
  })
}

for (const [name, script] of Object.entries(accepted)) test(`taken: ${name}`, () => void parseScript(script))

for (const [what, script, place, sentence] of refused) {
  test(`refused: ${what}`, () => assert.equal(refusal(script), `${place} ${sentence}`))
}

test('a script becomes commands with tags, defaults and places', () => {
  const script =
    'require ["fileinto", "copy"];\n\nif not address :domain "From" "example.com" {\n  fileinto :copy "a";\n}'
  const { commands, requires } = parseScript(script)
  assert.deepEqual([...requires], ['fileinto', 'copy'])
  const address = {
    name: 'address',
    place: { line: 3, column: 8 },
    tags: { match: 'is', comparator: 'i;ascii-casemap', addressPart: 'domain' },
    args: [['From'], ['example.com']],
    tests: [],
  }
  const not = { name: 'not', place: { line: 3, column: 4 }, tags: {}, args: [], tests: [address] }
  assert.deepEqual(commands, [
    {
      name: 'if',
      place: { line: 3, column: 1 },
      tags: {},
      args: [],
      block: [
        { name: 'fileinto', place: { line: 4, column: 3 }, tags: { copy: true }, args: ['a'], block: [], tests: [] },
      ],
      tests: [not],
      test: not,
    },
  ])
})

test('tags stand under the names that execution asks for', () => {
  const tagsOf = (requires: string, text: string): unknown =>
    parseScript(`require [${requires}]; if ${text} { keep; }`).commands[0]!.test!.tags
  const casemap = 'i;ascii-casemap'
  const cases: [string, string, unknown][] = [
    ['"relational"', 'header :count "GE" "a" "1"', { match: 'count', relation: 'ge', comparator: casemap }],
    ['"body"', 'body "a"', { match: 'is', comparator: casemap, text: true }],
    ['"body"', 'body :raw "a"', { match: 'is', comparator: casemap, raw: true }],
    ['"body"', 'body :content "text" "a"', { match: 'is', comparator: casemap, content: ['text'] }],
    ['"envelope"', 'envelope "to" "a"', { match: 'is', comparator: casemap, addressPart: 'all' }],
    ['"index"', 'header :last :index 2 "a" "b"', { match: 'is', comparator: casemap, index: 2, last: true }],
    ['"date"', 'currentdate :zone "+0100" "hour" "1"', { match: 'is', comparator: casemap, zone: '+0100' }],
    ['"fileinto"', 'size :over 2K', { over: true }],
    ['"regex"', 'header :regex :comparator "i;octet" "a" "b"', { match: 'regex', comparator: 'i;octet' }],
  ]
  for (const [requires, text, wanted] of cases) assert.deepEqual(tagsOf(requires, text), wanted, text)
  assert.deepEqual(parseScript('require "include"; include :once "a";').commands[0]!.tags, {
    location: 'personal',
    once: true,
  })
})

test('an argument that may be left out is not there when it was', () => {
  const extended = 'require ["imap4flags", "variables", "editheader", "special-use"]; '
  assert.deepEqual(argsOf(`${extended} addflag "a";`), [['a']])
  assert.deepEqual(argsOf(`${extended} addflag "a" ["b", "c"];`), ['a', ['b', 'c']])
  assert.deepEqual(argsOf(`${extended} deleteheader "a";`), ['a'])
  assert.deepEqual(argsOf(`${extended} deleteheader "a" "b";`), ['a', ['b']])
})

test('what an extension brings with it is required too', () => {
  assert.ok(parseScript('require "vacation-seconds"; vacation "a";').requires.has('vacation'))
  assert.ok(parseScript('require "spamtestplus"; if spamtest "1" { }').requires.has('spamtest'))
})

test('an extension that the server does not offer is not there', () => {
  const allowed = new Set([...extensions].filter((extension) => extension !== 'vacation'))
  assert.equal(refusal('require "vacation";', allowed), '1:9 The extension “vacation” is not known here.')
  assert.equal(refusal('require "fileinto"; fileinto "a";', allowed), 'not refused')
  assert.equal(refusal('require "mine";', new Set(['mine'])), '1:9 The extension “mine” is not known here.')
})

test('strings are what was meant: quotation marks, dots, line ends (RFC 5228 §2.4.2)', () => {
  const valueOf = (literal: string): unknown => argsOf(`require "vacation"; vacation ${literal};`)[0]
  assert.equal(valueOf(String.raw`"a \"b\" \\ \c"`), String.raw`a "b" \ c`)
  assert.equal(valueOf('"a\nb\r\nc"'), 'a\r\nb\r\nc')
  assert.equal(valueOf('text: # this is said\na\n..\n..b\n.c\n.\n'), 'a\r\n.\r\n.b\r\n.c\r\n')
  assert.equal(valueOf('text:\n.\n'), '')
  assert.equal(valueOf('TEXT:\t \r\na\r\n.\r\n'), 'a\r\n')
})

test('encoded characters are put in their place (RFC 5228 §2.4.2.4)', () => {
  const valueOf = (text: string, requires = '"encoded-character", "vacation"'): unknown =>
    argsOf(`require [${requires}]; vacation ${quote(text)};`)[0]
  const cases: [string, string][] = [
    ['$${hex:40}', '$@'],
    ['${hex: 40 }', '@'],
    ['${HEX: 40}', '@'],
    ['${hex:40', '${hex:40'],
    ['${hex:400}', '${hex:400}'],
    ['${hex:4${hex:30}}', '${hex:40}'],
    ['${unicode:40}', '@'],
    ['${ unicode:40}', '${ unicode:40}'],
    ['${UNICODE:40}', '@'],
    ['${UnICoDE:0000040}', '@'],
    ['${Unicode:40}', '@'],
    ['${Unicode:Cool}', '${Unicode:Cool}'],
    ['${hex:c3}${hex:a9 20\r\n41}', 'é A'],
    ['${unicode:1F984 e9}', '🦄é'],
    ['a${hex:ff}b', 'a\ufffdb'],
    ['${hex:}', '${hex:}'],
    ['${hex:24 7b}hex:40}', '${hex:40}'],
  ]
  for (const [text, wanted] of cases) assert.equal(valueOf(text), wanted, text)
  assert.equal(valueOf('${hex:40}', '"vacation"'), '${hex:40}')
})

test('of what ihave finds missing nothing is looked at, and nothing is left (RFC 5463 §4)', () => {
  const script = `require "ihave";
    if allof (ihave "nothing", nothing :at 1) { nothing; }
    elsif anyof (not ihave "nothing", nothing) { keep; }
    else { nothing; }
    if ihave ["fileinto", "copy"] { fileinto :copy "a"; } else { nothing; }
    fileinto "b";
    if not ihave "nothing" { stop; }
    nothing;`
  const { commands, requires } = parseScript(script)
  assert.deepEqual(
    commands.map(({ name, block }) => [name, ...block.map((inner) => inner.name)]),
    [['if'], ['elsif', 'keep'], ['if', 'fileinto'], ['fileinto'], ['if', 'stop']],
  )
  assert.deepEqual([...requires], ['ihave', 'fileinto', 'copy'])
})

const hostile: Record<string, [script: string, refusal: string]> = {
  'a mebibyte of brackets': ['['.repeat(2 ** 20), '1:1 Expected a command, found “[”.'],
  'a mebibyte of parentheses': [`if anyof${'('.repeat(2 ** 20 - 8)}`, '1:10 Expected a test, found “(”.'],
  'a mebibyte of tests': [
    `if ${'not '.repeat(250_000)}true { }`,
    '1:128 Commands and tests may be nested 32 deep at most.',
  ],
  'a mebibyte of blocks': ['if true {'.repeat(100_000), '1:283 Commands and tests may be nested 32 deep at most.'],
  'a mebibyte of lists of tests': [
    `if ${'anyof('.repeat(170_000)}`,
    '1:190 Commands and tests may be nested 32 deep at most.',
  ],
  'a mebibyte of commands': ['keep;'.repeat(200_000), '1:50001 A script may have 10000 commands and tests at most.'],
  'a mebibyte of strings': [
    `if exists [${'"",'.repeat(300_000)}""] { }`,
    `1:150012 A script may have 50000 strings at most.`,
  ],
  'a mebibyte of tags': [`keep ${':a'.repeat(500_000)};`, '1:6 “:a” is no tag of “keep”.'],
  'a mebibyte of digits': [`if size :over ${'9'.repeat(10 ** 6)} { }`, '1:15 A number may be 4294967295 at most.'],
  'a mebibyte of letters': ['a'.repeat(10 ** 6) + ';', '1:1 This is no command that is known here.'],
  'a mebibyte of comments': ['/**/'.repeat(250_000) + '/*', '1:1000001 This comment is not closed: “*/” is missing.'],
  'a mebibyte of backslashes': [
    `redirect "${'\\'.repeat(10 ** 6)}`,
    '1:10 This string is not closed: a quotation mark is missing.',
  ],
  'a mebibyte of lines': [
    '\n'.repeat(10 ** 6) + '%',
    '1000001:1 This character may stand within strings and comments only.',
  ],
  'a long string': [`redirect "${'a'.repeat(300_000)}";`, '1:10 A string may have 262144 bytes at most.'],
  'a mebibyte of references': [
    `require "variables"; set "a" "${'${a'.repeat(80_000)}"; %`,
    '1:240034 This character may stand within strings and comments only.',
  ],
  'a mebibyte of encoded characters': [
    `require "encoded-character"; redirect "${'${hex:40 '.repeat(25_000)}";`,
    '1:39 This is not an address that mail can be sent to.',
  ],
  'a long encoded character': [
    `require "encoded-character"; redirect "\${hex:${'40 '.repeat(80_000)}";`,
    '1:39 This is not an address that mail can be sent to.',
  ],
  'an encoded character full of spaces': [
    `require "encoded-character"; redirect "\${unicode:40${' '.repeat(250_000)}";`,
    '1:39 This is not an address that mail can be sent to.',
  ],
  'more than a script may have': [`# ${'é'.repeat(2 ** 19)}`, '1:1 A script may have 1048576 bytes at most.'],
}

for (const [what, [script, wanted]] of Object.entries(hostile)) {
  test(`bounded: ${what}`, () => assert.equal(refusal(script), wanted))
}

test('the largest script there may be is read', () => {
  const keep = 'if header :contains "Subject" "a" { keep; } # '
  const rule = keep + ' '.repeat(300 - keep.length) + '\n'
  const script = rule.repeat(3300)
  assert.ok(script.length < bounds.bytes)
  assert.equal(parseScript(script).commands.length, 3300)
})

const words = [
  'require', 'if', 'elsif', 'else', 'stop', 'keep', 'fileinto', 'redirect', 'set', 'vacation', 'anyof', 'allof', 'not', 'true', 'header',
  'address', 'size', 'ihave', 'text:', ':is', ':contains', ':over', ':comparator', ':flags', ':regex', '"fileinto"', '"variables"',
  '"ihave"', '"a@example.com"', '"${a}"', '"i;octet"', '["a", "b"]', '1', '4G', '{', '}', '(', ')', '[', ']', ',', ';', '#', '/*', '*/',
  '"', '\\', '\n', '\r\n', '\r', '\0', '.', ' ', 'é', '\ud800',
] // prettier-ignore

test('whatever is sent, the answer is a script or a SieveError with a place in it', () => {
  const anything = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
    // An example with a piece cut out, and something else in its place.
    fc
      .tuple(fc.constantFrom(...examples), fc.nat(), fc.nat(20), fc.constantFrom('', ...words))
      .map(([[, script], at, length, word]) => {
        const from = at % script.length
        return script.slice(0, from) + word + script.slice(from + length)
      }),
  )
  fc.assert(
    fc.property(anything, (script) => {
      try {
        parseScript(script)
      } catch (error) {
        assert.ok(error instanceof SieveError, String(error))
        const line = script.split('\n')[error.place.line - 1]
        assert.ok(line !== undefined && error.place.column >= 1 && error.place.column <= line.length + 1)
        assert.ok(error.message.length < 200 && error.message.endsWith('.'))
      }
    }),
    { numRuns: 5000 },
  )
})

test('what is quoted is read as it was', () => {
  const tidy = (text: string): string => text.replaceAll('\0', '').replace(/\r\n?|\n/g, '\r\n')
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom('.', '\n', '\r', '"', '\\', 'a')).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(text, (text) => {
      assert.deepEqual(argsOf(`require "vacation"; vacation ${quote(text)};`), [tidy(text)])
      const [value] = argsOf(`require "vacation"; vacation ${textBlock(text)};`)
      assert.equal(value, tidy(text).endsWith('\r\n') ? tidy(text) : `${tidy(text)}\r\n`)
    }),
  )
})
