import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { parseScript } from '#formats/sieve'
import { LIMITS, runScript } from '#mail/filing'
import { runText, situationOf, summaryOf, type Around } from '#test/filing'

const LETTER = 'From: bea@example.org\nTo: anna@zegel.test\nSubject: x\n\nText\n'

const times = (count: number, make: (place: number) => string, separator = '\n'): string =>
  Array.from({ length: count }, (_, place) => make(place)).join(separator)

/** Each ends with a fault that names what there was too much of, and the letter is kept. */
const scripts: readonly [attack: string, script: string, reason: string, around?: Around][] = [
  [
    'includes itself by another',
    'require "include"; include "a";',
    'includeCircle',
    {
      scripts: { a: 'require "include"; include "b";', b: 'require "include"; include "a";' },
    },
  ],
  [
    'is included by what it includes, in a row that has no end',
    'require "include"; include "s0";',
    'includeDepth',
    {
      scripts: Object.fromEntries(
        Array.from({ length: 40 }, (_, place) => [`s${place}`, `require "include"; include "s${place + 1}";`]),
      ),
    },
  ],
  [
    'includes a tree that doubles with each script',
    'require "include"; include "s0"; include "s0";',
    'includes',
    {
      scripts: Object.fromEntries(
        Array.from({ length: 8 }, (_, place) => [
          `s${place}`,
          `require "include"; ${place === 7 ? '' : `include "s${place + 1}"; include "s${place + 1}";`}`,
        ]),
      ),
    },
  ],
  ['redirects to everybody', times(5, (place) => `redirect "a${place}@example.org";`), 'redirects'],
  [
    'notifies everybody',
    `require "enotify"; notify "mailto:${times(5, (place) => `a${place}@example.org`, ',')}";`,
    'notifications',
  ],
  [
    'notifies somebody often',
    `require "enotify"; ${times(5, () => 'notify "mailto:a@example.org";')}`,
    'notifications',
  ],
  ['files everywhere', `require "fileinto"; ${times(33, (place) => `fileinto "F${place}";`)}`, 'actions'],
  [
    'has a variable for everything',
    `require "variables"; ${times(129, (place) => `set "v${place}" "x";`)}`,
    'variables',
  ],
  [
    'has them in the scripts it includes',
    'require ["include", "variables"]; include "a"; include "b";',
    'variables',
    {
      scripts: {
        a: `require "variables"; ${times(70, (place) => `set "v${place}" "x";`)}`,
        b: `require "variables"; ${times(70, (place) => `set "v${place}" "x";`)}`,
      },
    },
  ],
  [
    'writes its variables into one another',
    `require ["variables", "fileinto"]; set "a" "${'x'.repeat(4000)}"; fileinto "${'${a}'.repeat(100)}";`,
    'stringLength',
  ],
  [
    'looks for its variables in many forms',
    `require "variables"; set "a" "${'x'.repeat(4000)}"; if header "subject" [${times(100, () => '"${a}"', ', ')}] { }`,
    'stringLength',
  ],
  ['adds fields without end', `require "editheader"; ${times(65, (place) => `addheader "X-${place}" "x";`)}`, 'edits'],
  ['sets flags without end', `require "imap4flags"; addflag "${times(65, (place) => `k${place}`, ' ')}";`, 'flags'],
  [
    'asks for mailboxes without end',
    `require "mailbox"; ${times(65, (place) => `if mailboxexists "F${place}" { }`)}`,
    'lookups',
  ],
  [
    'asks whether everything was seen',
    `require "duplicate"; ${times(17, (place) => `if duplicate :uniqueid "u${place}" { }`)}`,
    'duplicates',
  ],
  [
    'matches with a pattern longer than letters',
    `if header :matches "subject" "*${'a'.repeat(2048)}*" { }`,
    'patternLength',
  ],
  [
    'takes more time than it may',
    'require "body"; if body :contains "x" { }',
    'milliseconds',
    { limits: { milliseconds: 0 } },
  ],
  [
    'has an expression made of a letter',
    'require ["regex", "variables"]; if header :matches "subject" "*" { if header :regex "subject" "(${1}" { } }',
    'regex',
  ],
]
for (const [attack, script, reason, around] of scripts)
  test(`a script that ${attack} ends with a fault, and the letter is kept`, async () => {
    const outcome = await runText(script, LETTER, around)
    assert.equal(summaryOf(outcome), `fault ${reason}`)
    assert.deepEqual(outcome.actions, [{ kind: 'keep', isImplicit: true, flags: [], edits: [] }])
    assert.deepEqual(outcome.remember, [])
  })

test('variables that double stop at their limit, which is no fault (RFC 5229 §6)', async () => {
  const script = `require ["variables", "relational", "comparator-i;ascii-numeric", "fileinto"]; set "a" "0123456789é";
${times(40, () => 'set "a" "${a}${a}";')}
set "a" "${'${a}'.repeat(1000)}";
set :length "n" "\${a}"; fileinto "\${n}";`
  assert.equal(summaryOf(await runText(script, LETTER)), 'fileinto 4000')
})

test('an expression that is slow elsewhere is not here', async () => {
  const letter = `Subject: ${'a'.repeat(5000)}!\n\n`
  assert.equal(
    summaryOf(await runText('require "regex"; if header :regex "subject" "^(a+)+$" { discard; }', letter)),
    'keep',
  )
})

const slow: readonly [what: string, script: string][] = [
  ['header', 'require "regex"; if header :regex "x-a" "(a|b|ab)*(a|b|ba)*(a|b)*c$" { }'],
  ['deleteheader', 'require ["regex", "editheader"]; deleteheader :regex "x-a" "(a|b|ab)*(a|b|ba)*(a|b)*c$";'],
]
for (const [what, script] of slow)
  test(`a slow expression in ${what} is stopped between two of many fields`, async () => {
    const letter = `${times(10_000, () => `X-A: ${'ab'.repeat(500)}`)}\n\n`
    assert.equal(summaryOf(await runText(script, letter)), 'fault milliseconds')
  })

test('a trace has an end', async () => {
  const { trace } = await runText(
    times(3000, () => 'if true { }'),
    LETTER,
  )
  assert.equal(trace.length, 2000)
})

/** Asks a letter everything. */
const ALL = `require ["fileinto", "copy", "body", "date", "envelope", "relational", "index", "regex", "variables", "subaddress", "vacation",
  "duplicate", "editheader", "enotify", "imap4flags", "comparator-i;ascii-numeric"];
if header :contains ["subject", "from", "x-0", "x-9999"] "nothing here" { discard; }
if header :matches "subject" "*" { set "s" "\${1}"; }
if header :regex "subject" "^(re|fwd):+ (.*)$" { set "r" "\${2}"; }
if address :detail :contains ["from", "to", "cc"] "nothing" { discard; }
if address :count "gt" "to" "100000" { discard; }
if header :count "gt" :comparator "i;ascii-numeric" "x-a" "100000" { discard; }
if date :originalzone "date" "year" "1066" { discard; }
if anyof (body :contains "nothing here", body :raw :contains "nothing here", body :content ["", "multipart", "message"] :contains "nothing here") { discard; }
if body :text :matches "*nothing?here*" { discard; }
if duplicate { discard; }
deleteheader :contains "X-A" "9";
addheader "X-Seen" "yes";
vacation "away";
keep;`

const letters: Readonly<Record<string, string | Buffer>> = {
  'nothing at all': '',
  'an empty line': '\r\n',
  'a body without a header': 'Just words.\r\n',
  'NUL and bytes that are no text': Buffer.from([...Buffer.from('From: '), 0, 255, 254, 13, 10, 13, 10, 0, 0, 200]),
  'lines of CR alone': Buffer.from('From: a@b.example\rSubject: x\r\rText'),
  '10,000 fields of one name': `${times(10_000, (place) => `X-A: ${place}`)}\n\nText`,
  '10,000 fields of as many names': `${times(10_000, (place) => `X-${place}: a`)}\n\nText`,
  'a field of a megabyte': `Subject: ${'=?utf-8?q?=C3=A4?= '.repeat(60_000)}\n\nText`,
  '20,000 addresses': `To: ${times(20_000, (place) => `a${place}@example.org`, ', ')}\n\nText`,
  'addresses that never close': `To: ${'"<('.repeat(50_000)}\n\nText`,
  'multiparts within one another, 300 of them': `Content-Type: multipart/mixed; boundary=b0\n\n${times(300, (place) => `--b${place}\nContent-Type: multipart/mixed; boundary=b${place + 1}\n`)}\n`,
  'messages within one another, 300 of them': `${times(300, () => 'Content-Type: message/rfc822\n')}\nText`,
  '20,000 parts': `Content-Type: multipart/mixed; boundary=b\n\n${times(20_000, () => '--b\n\nx')}\n--b--`,
  'a charset that is none': 'Content-Type: text/plain; charset="../../etc"\nSubject: =?nonsense?b?AAAA?=\n\nText',
  'a charset that it does not have': Buffer.from(
    'Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v/w==\r\n',
  ),
  'base64 that is none': `Content-Transfer-Encoding: base64\n\n${'*&^%'.repeat(10_000)}`,
  'pages that never close a tag': `Content-Type: text/html\n\n${'<p <p "'.repeat(30_000)}`,
  'a date in no time': 'Date: Thu, 99 Foo 99999 99:99:99 +9999\nReceived: ;;;;\n\nText',
  'names of what every object has': 'constructor: x\n__proto__: y\nhasOwnProperty: z\n\nText',
}
for (const [what, letter] of Object.entries(letters))
  test(`a letter of ${what} is asked everything, and kept`, async () => {
    const outcome = await runText(ALL, letter, { limits: { milliseconds: 60_000 } })
    assert.equal(outcome.fault, undefined)
    assert.deepEqual(
      outcome.actions.map(({ kind }) => kind).filter((kind) => kind !== 'vacation'),
      ['keep'],
    )
  })

test('names of what every object has are names like any other', async () => {
  const script = (test: string): string => `require ["date", "variables", "environment"]; if ${test} { discard; }`
  assert.equal(
    summaryOf(await runText(script('header "constructor" "x"'), letters['names of what every object has'] as string)),
    'discard',
  )
  for (const one of [
    'exists "constructor"',
    'exists "__proto__"',
    'string "${constructor}" "?*"',
    'environment :contains "__proto__" ""',
  ])
    assert.equal(summaryOf(await runText(script(one), LETTER)), 'keep')
})

test('fields that are named again and again are looked at once', async () => {
  const letter = `To: ${times(5000, (place) => `a${place}@example.org`, ', ')}\n\n`
  const script = `require ["relational", "comparator-i;ascii-numeric"];
if address :count "gt" :comparator "i;ascii-numeric" [${times(20_000, () => '"to"', ', ')}] "5000" { discard; }`
  assert.equal(summaryOf(await runText(script, letter)), 'keep')
})

test('a large letter is neither copied by tests nor decoded twice', async () => {
  const size = 40 * 1024 * 1024
  const head = Buffer.from(`From: bea@example.org\r\nContent-Type: text/plain\r\n\r\n`)
  const message = parseMessage(Buffer.concat([head, Buffer.alloc(size, 'word ')]))
  const tests = times(
    LIMITS.actions,
    (place) =>
      `if anyof (body :raw :contains "none ${place}", body :contains "none ${place}", size :over 100M, header "subject" "x") { discard; }`,
  )
  const script = parseScript(`require "body";\n${tests}`)
  const before = process.memoryUsage()
  const outcome = await runScript(script, { ...situationOf('', { limits: { milliseconds: 60_000 } }), message })
  const after = process.memoryUsage()
  assert.equal(summaryOf(outcome), 'keep')
  assert.ok(after.arrayBuffers + after.external - before.arrayBuffers - before.external < size / 2)
})
