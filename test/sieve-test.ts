import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Debian's `sieve-test` (Pigeonhole), which says what it would do with a letter. */
export interface SieveTest {
  /** Of Anna, in UTC. @returns its actions, in a few words each; `undefined` where the script fails */
  actionsOf(script: string, letter: Buffer, sender?: string): Promise<string[] | undefined>
}

/** Who may read mail there: it refuses to work for root. */
const NOBODY = 65_534

export function openSieveTest({ after }: { after(clean: () => void): void }): SieveTest {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-sieve-'))
  chmodSync(folder, 0o777)
  after(() => rmSync(folder, { recursive: true }))
  const [uid, gid] = [process.getuid?.() || NOBODY, process.getgid?.() || NOBODY]
  const settings = join(folder, 'dovecot.conf')
  writeFileSync(
    settings,
    `mail_location = maildir:${folder}/mail
mail_home = ${folder}
log_path = /dev/stderr
mail_uid = ${uid}
mail_gid = ${gid}
first_valid_uid = 1
plugin {
  sieve = ${folder}/none
  sieve_dir = ${folder}/scripts
  sieve_extensions = +editheader +vacation-seconds
  sieve_max_actions = 0
  sieve_max_redirects = 100
}
`,
  )
  let count = 0
  return {
    async actionsOf(script, letter, sender = 'bea@example.org') {
      const [scriptFile, letterFile] = [join(folder, `${++count}.sieve`), join(folder, `${count}.eml`)]
      writeFileSync(scriptFile, script)
      writeFileSync(letterFile, letter)
      const asked = ['-c', settings, '-C', '-f', sender, '-a', 'anna@zegel.test', '-r', 'anna@zegel.test']
      try {
        const { stdout } = await run('sieve-test', [...asked, '-m', 'INBOX', scriptFile, letterFile], {
          env: { ...process.env, TZ: 'UTC' },
          timeout: 60_000,
          maxBuffer: 16_777_216,
        })
        return actionsIn(stdout)
      } catch (error) {
        // 1: it failed while it ran, and kept the letter.
        if ((error as { code?: unknown }).code === 1) return undefined
        throw error
      }
    },
  }
}

/** What the lines begin with that tell of an action, and of its particulars. */
const ACTIONS: readonly [line: RegExp, words: (rest: string) => string][] = [
  [/^ \* store message in folder: (.*)$/, (mailbox) => `store ${mailbox}`],
  [/^ \* redirect message to: <(.*)>$/, (address) => `redirect ${address}`],
  [/^ \* discard()$/, () => 'discard'],
  [/^ \* reject message with reason: (.*)$/, (text) => `reject ${text}`],
  [/^ \* send vacation message:()$/, () => 'vacation'],
  [/^ \* send notification with method 'mailto:':()$/, () => 'notify'],
]
const PARTICULARS: readonly [line: RegExp, words: (rest: string) => string][] = [
  [/^ {8}\+ add IMAP flags: (.*)$/, (flags) => ` (${flags})`],
  [/^ {4}=> subject {6}: (.*)$/, (subject) => `: ${subject}`],
  [/^ {4}=> subject : (.*)$/, (subject) => `: ${subject}`],
  [/^ {4}=> seconds : (.*)$/, (seconds) => ` ${seconds}`],
  [/^ {7}\+ (?:To|Cc): (.*)$/, (address) => ` ${address}`],
]

function actionsIn(output: string): string[] {
  const actions: string[] = []
  for (const line of output.split('\n')) {
    const [, begin] =
      ACTIONS.map(([pattern, words]) => wordsOf(pattern, words, line))
        .entries()
        .find(([, one]) => one !== undefined) ?? []
    if (begin !== undefined) actions.push(begin)
    const more = PARTICULARS.map(([pattern, words]) => wordsOf(pattern, words, line)).find((one) => one !== undefined)
    if (more !== undefined && actions.length > 0) actions[actions.length - 1] += more
  }
  return actions
}

function wordsOf(pattern: RegExp, words: (rest: string) => string, line: string): string | undefined {
  const found = pattern.exec(line)
  return found === null ? undefined : words(found[1] ?? '')
}
