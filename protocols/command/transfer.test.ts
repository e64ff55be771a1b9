import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { newFolder, removeFolder, startChild } from '#test/child'
import { openJmapClient } from '#test/jmap'
import { letter } from '#test/letters'
import { readZip } from '#test/zip'

const folder = newFolder()
after(() => removeFolder(folder))
const server = await startChild({ folder })
after(() => server.stop())

const password = 'a long enough password'
const [anna, bea] = ['anna@zegel.test', 'bea@zegel.test']
for (const address of [anna, bea]) await server.command(['account', 'create', address, '--password-stdin'], password)

const WHY = ['--purpose', 'support', '--reference', 'T-12']

/** Runs `./zegel` beside the server. */
async function zegel(args: string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['main.ts', ...args], {
    cwd: join(import.meta.dirname, '../..'),
    env: server.env,
  })
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve))), out, err }
}

test('an operator brings letters in, its owner takes them out by their password, and both are told', async () => {
  const file = join(folder, 'old.mbox')
  const from = 'From a@b.example Sat Jan  3 01:05:34 1996\n'
  writeFileSync(file, `${from}${String(letter())}\n${from}no header\n\n${from}${String(letter())}\n`)
  const brought = await zegel(['import', anna, file, ...WHY])
  assert.equal(
    brought.out,
    '2 letters came, 0 were there already, 1 parts are damaged, 0 files are no letters.\n  byte ' +
      brought.out.split('byte ')[1],
  )
  assert.match(brought.out, /line \d+: noHeader/)
  const again = await zegel(['import', anna, file, '--folder', 'old', '--json', ...WHY])
  assert.partialDeepStrictEqual(JSON.parse(again.out), { added: 0, known: 2, damaged: 1 })

  const archive = join(folder, 'all.zip')
  const out = ['export', anna, archive, '--password-stdin', '--format', 'maildir', ...WHY]
  const wrong = await zegel(out, 'another password\n')
  assert.deepEqual([wrong.code, wrong.err], [1, 'That is not the password.\n'])
  assert.equal((await zegel(out, `${password}\n`)).code, 0)
  assert.equal(statSync(archive).mode & 0o777, 0o600)
  assert.equal([...readZip(readFileSync(archive)).keys()].filter((name) => name.startsWith('.old/cur/')).length, 2)
  const taken = await zegel(out, `${password}\n`)
  assert.deepEqual([taken.code, taken.err], [78, `${archive}: EEXIST\n`])
  const other = await zegel(['import', bea, archive, '--json', ...WHY])
  assert.partialDeepStrictEqual(JSON.parse(other.out), { added: 2, known: 0, damaged: 0, skipped: 0 })

  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address: anna, password })
  const { list } = await jmap.call('AccessEntry/get', { ids: null })
  assert.deepEqual(
    (list as { fields: string[] }[])
      .map(({ fields }) => fields)
      .flat()
      .toSorted(),
    ['exported', 'exported', 'imported', 'imported'],
  )
})

const REFUSED: [what: string, args: string[], code: number, sentence: RegExp][] = [
  ['without a reason', ['import', anna, '/dev/null'], 64, /for one of these purposes only/],
  ['a file that is not there', ['import', anna, '/nowhere/x', ...WHY], 78, /^\/nowhere\/x: ENOENT\n$/],
  ['a file that is no mail', ['import', anna, join(folder, 'master.key'), ...WHY], 78, /noMail/],
  [
    'an account that is not there',
    ['import', 'nobody@zegel.test', '/dev/null', ...WHY],
    1,
    /No account has that address/,
  ],
  ['an export without the owner', ['export', anna, join(folder, 'x.zip'), ...WHY], 64, /--password-stdin/],
  [
    'a format that is none',
    ['export', anna, join(folder, 'x.zip'), '--password-stdin', '--format', 'pst', ...WHY],
    64,
    /mbox\|maildir/,
  ],
]
for (const [what, args, code, sentence] of REFUSED)
  test(`refused: ${what}`, async () => {
    const { code: given, err } = await zegel(args, `${password}\n`)
    assert.equal(given, code, err)
    assert.match(err, sentence)
  })
