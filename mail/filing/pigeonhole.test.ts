/** The same scripts on the same letters as Debian's sieve-test runs them: what differs stands in a table, with its reason. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Action } from '#mail/filing'
import { runText } from '#test/filing'
import { openSieveTest } from '#test/sieve-test'

const sieveTest = openSieveTest({ after })

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
/** Every how many letters of a collection. */
const SETS: readonly [set: string, each: number][] = [
  ['mail-mime/ruby-mail', 1],
  ['mail-mime/stalwart-rfc', 1],
  ['mail-mime/stalwart-malformed', 1],
  ['mail-spamassassin/easy-ham-2', 40],
  ['mail-spamassassin/hard-ham-1', 10],
  ['mail-spamassassin/spam-1', 20],
]
const files = SETS.flatMap(([set, each]) =>
  readdirSync(DATA + set)
    .filter((_name, place) => place % each === 0)
    .map((name) => `${set}/${name}`),
)

const FIELDS =
  'subject from to cc reply-to message-id received content-type x-mailer list-id return-path date sender references'
const ADDRESSES = 'from to cc reply-to sender'
const BODIES = [
  ':raw',
  ':text',
  ':content "text"',
  ':content "text/plain"',
  ':content "text/html"',
  ':content ""',
  ':content "application"',
]
const WORDS = ['the', 'http', '<html', 'font', 'free', 'This is', '=3D', 'é', '&nbsp;']
const TIMES = 'iso8601 std11 julian weekday zone time'
const asNumber = ':comparator "i;ascii-numeric"'

/** What holds of a letter. */
const questions: readonly string[] = [
  ...FIELDS.split(' ').flatMap((name) => [
    `exists "${name}"`,
    `header :contains "${name}" ""`,
    `header :is "${name}" ""`,
    ...[2, 3, 5].map((count) => `header :count "ge" ${asNumber} "${name}" "${count}"`),
  ]),
  ...ADDRESSES.split(' ').flatMap((name) =>
    [1, 2, 3, 5, 10].map((count) => `address :count "ge" ${asNumber} "${name}" "${count}"`),
  ),
  ...BODIES.flatMap((part) => WORDS.map((word) => `body ${part} :contains "${word}"`)),
  ...['image', 'application'].map((type) => `body :content "${type}" :count "ge" ${asNumber} "1"`),
  ...[500, 1000, 2000, 5000, 10_000].map((size) => `size :over ${size}`),
]

/** What stands in a letter: ${0} of each. */
const values: readonly string[] = [
  ...FIELDS.split(' ').map((name) => `header :matches "${name}" "*"`),
  ...ADDRESSES.split(' ').flatMap((name) =>
    ['all', 'localpart', 'domain', 'user', 'detail'].map((part) => `address :${part} :matches "${name}" "*"`),
  ),
  ...TIMES.split(' ').flatMap((part) => [
    `date :matches "date" "${part}" "*"`,
    `date :originalzone :matches "date" "${part}" "*"`,
    `date :zone "+0530" :index 1 :last :matches "received" "${part}" "*"`,
  ]),
  'header :index 2 :matches "received" "*"',
  'header :index 1 :last :matches "received" "*"',
  'header :regex "subject" "([a-z]+) ([a-z]+)"',
]

const asked = [...questions, ...values]
const SCRIPT = `require ["fileinto", "variables", "copy", "body", "date", "relational", "comparator-i;ascii-numeric", "index", "regex", "subaddress"];
${questions.map((one, place) => `if ${one} { fileinto :copy "${place}"; }`).join('\n')}
${values.map((one, place) => `if ${one} { fileinto :copy "${questions.length + place} <\${0}>"; }`).join('\n')}`

interface Difference {
  reason: string
  letters: RegExp
  asked: RegExp
}

const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'there an empty field has one address, which is empty, and a group without members is one',
    letters: /bad_date_header2|empty_group_lists|rfc2822_example(?:04|10)|spam-1\/00(?:161|301|441|481)/,
    asked: /^address /,
  },
  {
    reason: 'there an address without "@" or before ";" is no address, and the whole field is compared, name and all',
    letters: /encoding_madness|missing_body|raw_email11/,
    asked: /^address /,
  },
  {
    reason: 'there addresses that no comma divides, and one after a name without brackets, are none',
    letters: /mix_caps_content_type|multiple_from|with_at_display_name/,
    asked: /^address /,
  },
  {
    reason: 'addresses beyond ASCII are addresses here (RFC 6532)',
    letters: /rfc6532_utf8_headers/,
    asked: /^address /,
  },
  {
    reason: 'there encoded words in quotes are decoded, which RFC 2047 §5 forbids, also of a charset that is none',
    letters: /bad_encoded_subject|invalid_subject_characters|bad_time/,
    asked: /^header :matches "(?:subject|from)"/,
  },
  {
    reason: 'a letter that begins with "From " and a colon after more space begins with the line of an mbox file here',
    letters: /rfc2822_example13/,
    asked: /^(?:exists|header|address|date) /,
  },
  {
    reason: 'a time without its seconds is one here, and its "t" no zone',
    letters: /malformed\/019/,
    asked: /^date /,
  },
  {
    reason: 'a zone with a colon in it, or with a name of Europe, is a zone here',
    letters: /easy-ham-2\/00(?:321|801)/,
    asked: /^date .*"received"/,
  },
  {
    reason: 'a part in a transfer encoding that no RFC has, or with a word too many, is read here and left out there',
    letters: /content_transfer_encoding_|must_supply_encoding|multiple_content_types/,
    asked: /^body /,
  },
  {
    reason: 'text that is not in the charset it names is read in one it can be in, and HTML may name its own',
    letters: /spam-1\/00(?:461|481)/,
    asked: /^body /,
  },
  {
    reason: 'a message inside that is base64, which RFC 2046 §5.2.1 forbids, is a file here',
    letters: /rfc\/008/,
    asked: /^body /,
  },
  {
    reason: 'a multipart whose boundary is not found, or not named as it should be, is read as far as it can be',
    letters: /malformed\/0(?:04|17|19)/,
    asked: /^body /,
  },
]

/** What was answered, by what was asked; white space and control characters as one space, for one of them shows neither. */
function answersIn(names: readonly string[]): Map<string, string> {
  return new Map(
    names.flatMap((name) => {
      const [, place, answer = ''] = /^(\d+)(?: <(.*)>?)?$/s.exec(name) ?? []
      return place === undefined ? [] : [[asked[Number(place)] as string, answer.replace(/[\s\p{Cc}?]+/gu, ' ').trim()]]
    }),
  )
}

/** Long ones are cut there. */
const isSame = (ours: string | undefined, theirs: string | undefined): boolean =>
  ours === theirs || (theirs?.endsWith('...') === true && ours?.startsWith(theirs.slice(0, -3)) === true)

test('questions to real letters have the same answers', async () => {
  const found: string[] = []
  const unused = new Set(DIFFERENCES)
  for (const file of files) {
    const letter = Buffer.from(readFileSync(DATA + file, 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
    const { actions, fault } = await runText(SCRIPT, letter, { limits: { actions: 1000, milliseconds: 5000 } })
    assert.equal(fault, undefined, file)
    const ours = answersIn(actions.map((action) => (action.kind === 'fileinto' ? action.mailbox : '')))
    const stored = (await sieveTest.actionsOf(SCRIPT, letter)) ?? []
    const theirs = answersIn(stored.map((action) => action.replace(/^store /, '')))
    for (const one of asked) {
      if (isSame(ours.get(one), theirs.get(one))) continue
      const known = DIFFERENCES.find((row) => row.letters.test(file) && row.asked.test(one))
      if (known === undefined) found.push(`${file}: ${one}: ${ours.get(one)} here, ${theirs.get(one)} there`)
      else unused.delete(known)
    }
  }
  assert.deepEqual(found, [])
  assert.deepEqual(
    [...unused].map(({ reason }) => reason),
    [],
  )
})

const LETTER = Buffer.from(
  [
    'From: Bea <bea@example.org>',
    'To: anna@zegel.test',
    'Subject: Hello World',
    'Message-ID: <1@example.org>',
    'Date: Mon, 7 Sep 2026 09:30:00 +0200',
    '',
    'Text',
    '',
  ].join('\r\n'),
)

/** As sieve-test has it: a keep is a letter in INBOX, flags are sorted. */
function theirWords(action: Action): string {
  const list = 'flags' in action ? action.flags.map((flag) => (flag.startsWith('\\') ? flag.toLowerCase() : flag)) : []
  const flags = list.length === 0 ? '' : ` (${list.toSorted().join(' ')})`
  if (action.kind === 'keep') return `store INBOX${flags}`
  if (action.kind === 'fileinto') return `store ${action.mailbox}${flags}`
  if (action.kind === 'redirect') return `redirect ${action.address}`
  if (action.kind === 'reject') return `reject ${action.text}`
  if (action.kind === 'vacation') return `vacation ${action.seconds}: ${action.subject}`
  if (action.kind === 'notify')
    return `notify: ${action.subject}${[...action.to, ...action.cc].map((to) => ` ${to}`).join('')}`
  return action.kind
}

const SCRIPTS: readonly string[] = [
  '',
  'keep;',
  'discard;',
  'stop; discard;',
  'keep; discard;',
  'discard; keep;',
  'keep; keep;',
  'redirect "a@b.example";',
  'redirect "a@b.example"; redirect "a@B.example"; redirect "A@b.example";',
  'redirect "a@b.example"; keep;',
  'require "fileinto"; fileinto "A"; fileinto "A"; fileinto "B"; fileinto "a";',
  'require "fileinto"; fileinto "INBOX"; keep;',
  'require "fileinto"; keep; fileinto "INBOX";',
  'require ["fileinto", "copy"]; fileinto :copy "A";',
  'require ["fileinto", "copy"]; fileinto :copy "A"; fileinto "A";',
  'require ["fileinto", "copy"]; fileinto "A"; fileinto :copy "A";',
  'require ["fileinto", "copy"]; redirect :copy "a@b.example"; discard;',
  'require "reject"; reject "no";',
  'require "reject"; reject "no"; discard;',
  'require "reject"; discard; reject "no";',
  'require "reject"; reject "no"; keep;',
  'require "reject"; keep; reject "no";',
  'require "reject"; reject "no"; reject "no";',
  'require "reject"; redirect "a@b.example"; reject "no";',
  'require "reject"; reject "no"; redirect "a@b.example";',
  'require ["reject", "fileinto", "copy"]; fileinto :copy "A"; reject "no";',
  'require ["reject", "vacation"]; reject "no"; vacation "away";',
  'require ["reject", "vacation"]; vacation "away"; reject "no";',
  'require "vacation"; vacation :subject "Gone" "away";',
  'require "vacation"; vacation :days 3 :subject "Gone" "away"; keep;',
  'require "vacation"; vacation "a"; vacation "b";',
  'require "vacation-seconds"; vacation :subject "Gone" :seconds 90 "away"; discard;',
  'require "enotify"; notify "mailto:a@b.example?subject=x"; notify :message "y" "mailto:c@d.example";',
  'require "enotify"; notify :message "News" "mailto:a@b.example?to=c@d.example&subject=No&body=Text"; discard;',
  'require "enotify"; notify "mailto:a@b.example?subject=Yes%20it%20is&cc=c@d.example";',
  'require "imap4flags"; addflag "a"; addflag ["b", "A c"]; removeflag "B";',
  String.raw`require "imap4flags"; setflag "\\Seen \\Flagged"; keep; setflag "x";`,
  'require ["imap4flags", "fileinto"]; keep :flags "a"; fileinto :flags "b" "INBOX"; fileinto :flags "c" "X"; fileinto :flags "d" "X";',
  'require ["imap4flags", "fileinto"]; addflag "a"; fileinto :flags "" "X"; fileinto "Y";',
  'require ["imap4flags", "variables"]; setflag "f" "a b"; removeflag "f" "A"; keep :flags "${f}";',
  'require ["variables", "fileinto"]; if header :matches "subject" "* *" { fileinto "${2}-${1}-${0}-${3}"; }',
  'require ["variables", "fileinto"]; if header :matches "subject" "*l*" { fileinto "${1}|${2}"; }',
  'require ["variables", "fileinto"]; if header :matches "subject" "?ello*?" { fileinto "${1}|${2}|${3}"; }',
  'require ["variables", "fileinto"]; if not header :matches "subject" "* *" { stop; } if header :matches "subject" "x*" { stop; } fileinto "${1}";',
  'require ["variables", "fileinto"]; set "a" "${b}"; set "B" "x"; set "c" "${a}${b}${nosuch}"; fileinto "c${c}";',
  'require ["variables", "fileinto"]; set :upper :lowerfirst "a" "anna"; set :length "b" "Käse"; set :lower :upperfirst "c" "BEA"; fileinto "${a} ${b} ${c}";',
  'require ["variables", "fileinto"]; set :quotewildcard :length "a" "a*b?c"; fileinto "${a}";',
  'require ["variables", "fileinto"]; set "a" "$"; fileinto "${a}{b} ${ a} $a ${a";',
  'require ["variables", "regex", "fileinto"]; if header :regex "subject" "h(e)(l+)(x)?o" { fileinto "${0}|${1}|${2}|${3}"; }',
  'require ["variables", "relational", "fileinto"]; if string :count "ge" ["", "a", "b"] "2" { fileinto "two"; }',
  'require ["envelope", "subaddress", "fileinto"]; if allof (envelope :user "to" "anna", not envelope :detail :contains "to" "") { fileinto "yes"; }',
  'require ["editheader", "fileinto"]; addheader "X-A" "b"; deleteheader "Subject"; if allof (header "x-a" "b", not exists "subject") { fileinto "yes"; }',
  'require ["editheader", "fileinto"]; deleteheader :contains "Subject" "hello"; addheader :last "Subject" "x"; if header :is "Subject" "x" { fileinto "yes"; }',
  'require ["relational", "fileinto"]; if header :value "gt" "subject" "Hello" { fileinto "yes"; }',
  'require ["relational", "comparator-i;ascii-numeric", "fileinto"]; if header :value "gt" :comparator "i;ascii-numeric" "subject" "9" { fileinto "yes"; }',
  'require ["variables", "body", "fileinto"]; if header :matches "subject" "* *" { if body :matches "T*" { fileinto "x${1}"; } }',
  'require ["variables", "editheader", "fileinto"]; if header :matches "subject" "* *" { deleteheader :matches "to" "*@*"; fileinto "x${1}"; }',
  'require ["mailbox", "fileinto"]; if mailboxexists "Nowhere" { fileinto "yes"; }',
  'require ["ihave", "fileinto"]; if ihave "vnd.nobody" { fileinto "yes"; } else { fileinto "no"; }',
  'require ["ihave"]; error "no";',
  'require ["environment", "fileinto"]; if environment "phase" "x" { fileinto "yes"; }',
  'require ["date", "fileinto"]; if currentdate :matches "zone" "+0000" { fileinto "yes"; }',
]

/** What is not so there, by the script. */
const OTHERWISE: ReadonlyMap<string, { reason: string; theirs: readonly string[] | undefined }> = new Map([
  [
    'require ["fileinto", "copy"]; fileinto :copy "A"; fileinto "A";',
    { reason: 'there the second one does nothing, and so leaves the keep', theirs: ['store A', 'store INBOX'] },
  ],
  [
    'require "vacation-seconds"; vacation :subject "Gone" :seconds 90 "away"; discard;',
    { reason: 'answers there are a day apart at least', theirs: ['vacation 86400: Gone', 'discard'] },
  ],
])

test('scripts come to the same actions', async () => {
  const unused = new Set(OTHERWISE.keys())
  const found: string[] = []
  for (const script of SCRIPTS) {
    const { actions, fault } = await runText(script, LETTER)
    const ours = fault === undefined ? actions.map(theirWords) : undefined
    const theirs = await sieveTest.actionsOf(script, LETTER)
    const expected = OTHERWISE.get(script)
    unused.delete(script)
    if (JSON.stringify(theirs) !== JSON.stringify(expected === undefined ? ours : expected.theirs))
      found.push(`${script}: ${JSON.stringify(ours)} here, ${JSON.stringify(theirs)} there`)
  }
  assert.deepEqual(found, [])
  assert.deepEqual([...unused], [])
})
