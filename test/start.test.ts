import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeOffset, newFolder, removeFolder, startChild } from './child.ts'
import { until } from './until.ts'

const folder = newFolder()
after(() => removeFolder(folder))
const ROOT = join(import.meta.dirname, '..')

/** The process id of the database, while one runs over this folder. */
function postmaster(of = folder): number | undefined {
  const file = join(of, 'data', 'postgres', 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n', 1)[0]) : undefined
}

/** Runs `./zegel` as it is started, not as a module. */
const zegel = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  spawnSync(join(ROOT, 'zegel'), args, { env, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' })

/** What a command that shows people's data asks for. */
const WHY = ['--purpose', 'checks', '--reference', 'test']

test('the server starts, answers on every port, and stops with its database', async (t) => {
  const server = await startChild({ folder })
  t.after(() => server.stop())
  assert.ok(!server.folder.startsWith(ROOT))
  const status = zegel(server.env, 'status', '--json')
  assert.equal(status.status, 0, status.stderr)
  const { parts } = JSON.parse(status.stdout) as { parts: { answers: boolean }[] }
  assert.ok(parts.length === 11 && parts.every(({ answers }) => answers))
  assert.equal((await fetch(`http://127.0.0.1:${server.http}/healthz`)).status, 200)

  const keyFile = server.env.ZEGEL_KEY as string
  chmodSync(keyFile, 0o644)
  const bad = zegel(server.env, 'status')
  chmodSync(keyFile, 0o400)
  assert.equal(bad.status, 1, bad.stderr)
  // Since when stands there if the server's own look, once a minute, came just then.
  assert.match(
    bad.stdout,
    /^BAD  Keys(?:, since [\d :-]+UTC)?\n {5}Others than its owner may read the key file\. chmod 0400/m,
  )
  assert.match(bad.stdout, /^good Database: It answers;/m)

  const second = zegel(server.env, 'serve')
  assert.equal(second.status, 69)
  assert.match(second.stderr, /Port \d+ is taken/)
  assert.equal(
    (await fetch(`http://127.0.0.1:${server.http}/healthz`)).status,
    200,
    'the second did not stop the database of the first',
  )

  await server.stop()
  assert.equal(postmaster(), undefined, 'the database has stopped too')
  const off = zegel(server.env, 'status')
  assert.equal(off.status, 69)
  assert.match(off.stdout, /^BAD  Database\n {5}It does not answer/m)
  assert.match(off.stdout, /^Not looked at: .*Backups, Keys/m)
  assert.equal(postmaster(), undefined, 'whoever looks starts nothing')
})

test('a database that a kill -9 left behind is taken over and then stopped', async (t) => {
  const first = await startChild({ folder })
  const left = postmaster()
  const ended = new Promise((resolve) => first.child.once('exit', resolve))
  first.child.kill('SIGKILL')
  await ended
  assert.equal(postmaster(), left)
  const second = await startChild({ folder })
  t.after(() => second.stop())
  assert.equal(postmaster(), left, 'the same database goes on')
  await second.stop()
  assert.equal(postmaster(), undefined)
})

test('a command that began first leaves the database to the server that began meanwhile, and both may begin at once', async (t) => {
  const fresh = newFolder()
  t.after(() => removeFolder(fresh))
  const env = {
    ...process.env,
    ZEGEL_DATA: join(fresh, 'data'),
    ZEGEL_KEY: join(fresh, 'master.key'),
  }
  // It reads the password when it has the database; so long it runs.
  const command = spawn(
    process.execPath,
    [join(ROOT, 'main.ts'), 'account', 'create', 'hanne@zegel.test', '--password-stdin'],
    { cwd: ROOT, env, stdio: ['pipe', 'ignore', 'inherit'] },
  )
  const ended = once(command, 'exit')
  const server = await startChild({ folder: fresh })
  t.after(() => server.stop())
  command.stdin.end('a long enough password\n')
  assert.deepEqual(await ended, [0, null])
  assert.notEqual(postmaster(fresh), undefined, 'the command has not stopped it')
  assert.match(await server.command(['account', 'list', ...WHY]), /hanne@zegel\.test/)
  assert.deepEqual(
    readdirSync(join(fresh, 'data')).filter((name) => name.startsWith('postgres.new')),
    [],
  )

  // Whoever has not started it notices all the same that it has ended.
  process.kill(postmaster(fresh) as number, 'SIGKILL')
  await until('the database is back', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.http}/readyz`).catch(() => undefined)
    return answer?.status === 200 && postmaster(fresh) !== undefined
  })
  await server.stop()
  assert.equal(postmaster(fresh), undefined)
})

test('commands work beside a running server and without one', async (t) => {
  const server = await startChild({ folder })
  t.after(() => server.stop())
  await server.command(['account', 'create', 'hanne@zegel.test', '--password-stdin'], 'a long enough password\n')
  await server.stop()
  const list = zegel(server.env, 'account', 'list', '--json', ...WHY)
  assert.equal(list.status, 0, list.stderr)
  const addresses = (JSON.parse(list.stdout) as { address: string }[]).map((account) => account.address)
  assert.deepEqual(addresses.toSorted(), ['hanne@zegel.test', 'operator@zegel.test'])
  assert.equal(postmaster(), undefined, 'a database started for the moment is stopped')

  const exits: [args: string[], status: number, says: RegExp][] = [
    [['account', 'show', 'hanne@zegel.test', ...WHY], 0, /hanne@zegel\.test/],
    [['account', 'show', 'nobody@zegel.test', ...WHY], 1, /No account/],
    [['account', 'show', 'hanne@zegel.test'], 64, /--purpose.*--reference/],
    [['account', 'show', 'hanne@zegel.test', '--purpose', 'curiosity', '--reference', '1'], 64, /purposes/],
    [['account', 'create', 'hanne@zegel.test'], 64, /--password-stdin/],
    [['domain', 'add', 'zegel.test'], 1, /exists/],
    [['domain', 'add', 'not a domain'], 78, /./],
    [['frobnicate'], 64, /no command/],
    [['account', 'list', '--frobnicate'], 64, /frobnicate/],
    [['config', 'check'], 0, /valid/],
    [['config', 'check', '--set', 'smtp.port=99999'], 78, /smtp\.port/],
    [
      ['config', 'check', '--set', 'retention.deletedDays=90'],
      78,
      /retention\.deletedDays: breaks promise 14: .* after 45 days/,
    ],
    [['config', 'check', '--set', 'journal.days=31'], 78, /journal\.days: breaks promise 4/],
    [['config', 'check', '--set', 'trial=false'], 78, /cleartextOnLoopback/],
    [['config', 'check', '--set', 'proxies=["127.0.0.1"]'], 78, /proxies/],
    [['--help'], 0, /Usage/],
    [['account', 'create', '--help'], 0, /standard input/],
  ]
  for (const [args, status, says] of exits) {
    const result = zegel(server.env, ...args)
    assert.equal(result.status, status, `${args.join(' ')}: ${result.stderr}`)
    assert.match(result.stdout + result.stderr, says)
  }
})

const KEY_FILES: [what: string, content: string | undefined, says: RegExp][] = [
  ['lost', undefined, /other\.key: the master key is not there, and without it nothing in the database opens/],
  ['another', `1 ${randomBytes(32).toString('base64url')}\n`, /other\.key: not the master key that this database/],
  [
    'of another epoch',
    `7 ${randomBytes(32).toString('base64url')}\n`,
    /other\.key: not the master key that this database/,
  ],
  ['damaged', '1 cut', /other\.key: not a master key's file/],
  ['empty', '', /other\.key: not the master key that this database/],
]
test('a key file that is lost, another or damaged is said plainly at start, and nothing is written', () => {
  const file = join(folder, 'other.key')
  const env = { ...process.env, ZEGEL_DATA: join(folder, 'data'), ZEGEL_KEY: file }
  for (const [what, content, says] of KEY_FILES) {
    if (content !== undefined) writeFileSync(file, content)
    const result = zegel(env, 'serve')
    assert.equal(result.status, 78, `${what}: ${result.stderr}`)
    assert.match(result.stderr, says)
    assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : undefined, content, what)
  }
  assert.equal(postmaster(), undefined)
})

test('a server that fails when it has begun ends, and its database with it', async () => {
  const fault = join(folder, 'fault.mjs')
  writeFileSync(
    fault,
    `const { write } = process.stdout
process.stdout.write = function (text) {
  if (text === 'ready\\n') throw new Error('on purpose')
  return write.apply(this, arguments)
}\n`,
  )
  const env = {
    ...process.env,
    ZEGEL_DATA: join(folder, 'data'),
    ZEGEL_KEY: join(folder, 'master.key'),
    ZEGEL_PORT_OFFSET: String(await freeOffset()),
    NODE_OPTIONS: `--import=${fault}`,
  }
  const result = zegel(env, 'serve')
  assert.equal(result.status, 70, result.stderr)
  assert.equal(postmaster(), undefined)
})
