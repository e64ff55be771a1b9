/** Our parser beside Pigeonhole's, which is not ours: both take and refuse the same scripts, but for what is named here. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { accepted, examples, refused } from '#test/sieve-scripts'
import { parseScript, SieveError } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'zegel-sievec-'))
after(() => rmSync(folder, { recursive: true }))
const settings = join(folder, 'dovecot.conf')
writeFileSync(
  settings,
  `protocols =
base_dir = ${folder}/base
state_dir = ${folder}/state
mail_location = maildir:${folder}/mail
ssl = no
log_path = /dev/stderr
plugin {
  sieve = file:${folder}/personal;active=${folder}/active
  sieve_global = file:${folder}/global
  sieve_extensions = +editheader +spamtest +spamtestplus +virustest +vacation-seconds +special-use
  sieve_spamtest_status_type = score
  sieve_spamtest_status_header = X-Spam
  sieve_spamtest_max_value = 10
  sieve_virustest_status_type = score
  sieve_virustest_status_header = X-Virus
  sieve_virustest_max_value = 5
}
`,
)

// What scripts include has to be there when it compiles them.
for (const [place, name] of [
  ['personal', 'always_allow'],
  ['personal', 'spam_tests'],
  ['personal', 'mailing_lists'],
  ['personal', 'subject_tests'],
  ['personal', 'maybe'],
  ['global', 'spam_tests'],
] as const) {
  mkdirSync(join(folder, place), { recursive: true })
  writeFileSync(join(folder, place, `${name}.sieve`), 'keep;')
}

/** Some errors are told, and yet it ends as if there were none. */
async function isTakenByPigeonhole(script: string, name: string): Promise<boolean> {
  const file = join(folder, `${name}.sieve`)
  writeFileSync(file, script)
  const compiler = spawn('sievec', ['-c', settings, file, join(folder, `${name}.svbin`)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  compiler.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(compiler, 'close')) as [number | null]
  if (code === 0) return !/ error: /.test(said)
  // Anything else than a script it does not like is a fault of this test.
  assert.match(said, /failed to compile sieve script/)
  return false
}

function isTakenHere(script: string): boolean {
  try {
    parseScript(script)
    return true
  } catch (error) {
    assert.ok(error instanceof SieveError)
    return false
  }
}

const scripts: [name: string, script: string][] = [
  ...examples.map(([name, script]): [string, string] => [name, script]),
  ...Object.entries(accepted),
  ...refused.map(([what, script]): [string, string] => [what, script]),
]

const UNKNOWN_METHOD = 'RFC 5435 §3.2 has a method that is not known fail as the script runs'

/** What we take and it does not, and why. */
const takenHere: Readonly<Record<string, string>> = {
  'actions.sieve: RFC 5429 §2.1, ereject': 'it has ereject for LMTP only',
  'actions.sieve: RFC 5435 §3.7, a telephone': UNKNOWN_METHOD,
  'actions.sieve: RFC 6134 §2.9, lists from elsewhere': 'this version does not have extlists',
  'actions.sieve: RFC 6134 §2.9, redirect to a list': 'this version does not have extlists',
  'actions.sieve: RFC 9042 §4, a mailbox by its id': 'it does not have mailboxid',
  'actions.sieve: RFC 9042 §4.1, with mailbox': 'it does not have mailboxid',
  'actions.sieve: RFC 9042 §6, mailboxes by their id': 'it does not have mailboxid',
  'tests.sieve: RFC 7352 §5.3, notifications of each sender': UNKNOWN_METHOD,
  'tests.sieve: RFC 7352 §5.3, notifications of each sender and subject': UNKNOWN_METHOD,
  'an address test of what is no name of a header field': 'RFC 5228 §2.4.2.2 wants no error for it in a test',
  'a relation in capitals': 'RFC 5231 §4 writes relations in ABNF, where case does not matter',
}

/** What it takes and we do not, and why. */
const takenThere: Readonly<Record<string, string>> = {
  'a CR alone':
    'RFC 5228 §8.1 allows CR and LF as a pair only; an LF alone is what files have, a CR alone is what nobody has',
  'a number that its factor makes too large': 'its numbers have 64 bits',
  'a regular expression that is too big': 'ours are bounded, for they must not take longer than the text they look at',
  'a time zone with a colon': 'it finds out as the script runs',
  'a part of a date that there is not': 'it finds out as the script runs, and then the test is false',
}

test('scripts that we take and Pigeonhole refuses, or the other way, are those that are named', async () => {
  const differences = { takenHere: [] as string[], takenThere: [] as string[] }
  for (const [index, [name, script]] of scripts.entries()) {
    const [here, there] = [isTakenHere(script), await isTakenByPigeonhole(script, String(index))]
    if (here && !there) differences.takenHere.push(name)
    if (there && !here) differences.takenThere.push(name)
  }
  assert.deepEqual(differences, { takenHere: Object.keys(takenHere), takenThere: Object.keys(takenThere) })
})

test('an example that lacks a word is taken by both, or by neither', async () => {
  const words = /"(?:[^"\\]|\\.)*"|text:[^]*?\n\.\n|#.*\n|\/\*[^]*?\*\/|:?\w+|[^\s]/g
  const lacking = examples
    // What ihave decides is looked at there, and not here; what stands behind `true` in an anyof here, and not there.
    .filter(([name]) => !(name in takenHere) && !name.includes('ihave') && !name.endsWith('§3.2, match variables'))
    .flatMap(([name, script]) =>
      [...script.matchAll(words)].map(({ 0: word, index }) => {
        const rest = script.slice(0, index) + script.slice(index + word.length)
        return { name: `${name}: without ${word} at ${index}`, script: rest }
      }),
    )
    // Each takes a process: some of them stand for all.
    .filter((_, index) => index % 10 === 0)
  assert.ok(lacking.length > 200)
  for (const { name, script } of lacking)
    assert.equal(isTakenHere(script), await isTakenByPigeonhole(script, 'lacking'), name)
})
