/** Debian's sieve-connect, a program of somebody else, against our ManageSieve: with TLS whose certificate it checks. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readScripts } from '#mail/scripts'
import { addAppPassword } from './people.ts'
import { startServer } from './server.ts'

const server = await startServer({ after }, { cleartextOnLoopback: false }, ['managesieve'])
const certificate = join(server.config.dataFolder, 'tls/self-made.crt')
const folder = await mkdtemp(join(tmpdir(), 'zegel-sieve-connect-'))
after(() => rm(folder, { recursive: true }))

interface Ended {
  code: number
  said: string
}

function sieveConnect(who: { address: string; password: string }, ...args: string[]): Promise<Ended> {
  const { host, port } = server.managesieve
  const common = ['--nosrv', '--server', host, '--port', String(port), '--tlshostname', 'zegel.test']
  const how = ['--tlscafile', certificate, '--noclearchan', '--user', who.address, '--passwordfd', '0']
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8' }
    const run = execFile(
      'sieve-connect',
      [...common, ...how, ...args],
      { env, cwd: folder, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), said: `${stdout}${stderr}` }),
    )
    run.stdin?.end(`${who.password}\n`)
  })
}

const RULES = `require ["fileinto", "imap4flags"];
# Grüße aus dem Büro
if address :is "from" "bea@example.org" {
  fileinto :flags "\\\\Flagged" "Bea";
}
`

test('a script is checked, put, listed, activated, fetched, switched off and deleted', async () => {
  const person = await server.createAccount()
  const account = await server.storage.openAccount(person.id)
  const kept = async (): Promise<string[]> =>
    (await readScripts(account)).map(({ name, isActive }) => `${name}${isActive ? ' active' : ''}`)
  const run = async (...args: string[]): Promise<string> => {
    const { code, said } = await sieveConnect(person, ...args)
    assert.equal(code, 0, said)
    return said
  }
  await writeFile(join(folder, 'rules.siv'), RULES)
  await run('--checkscript', '--localsieve', 'rules.siv')
  assert.deepEqual(await kept(), [])
  await run('--upload', '--localsieve', 'rules.siv', '--remotesieve', 'rules')
  assert.deepEqual(await kept(), ['rules'])
  assert.equal((await readScripts(account))[0]?.text, RULES)
  await run('--activate', '--remotesieve', 'rules')
  assert.deepEqual(await kept(), ['rules active'])
  assert.match(await run('--list'), /"rules" ACTIVE/)
  await run('--download', '--remotesieve', 'rules', '--localsieve', 'fetched.siv')
  assert.equal(await readFile(join(folder, 'fetched.siv'), 'utf8'), RULES)
  const active = await sieveConnect(person, '--delete', '--remotesieve', 'rules')
  assert.match(active.said, /active script cannot be deleted/)
  await run('--deactivate')
  await run('--delete', '--remotesieve', 'rules')
  assert.deepEqual(await kept(), [])
})

test('a script with a mistake is refused with its line, and nothing is kept', async () => {
  const person = await server.createAccount()
  const { secret } = await addAppPassword(server.storage, person)
  await writeFile(join(folder, 'wrong.siv'), 'require "fileinto";\nfileinto "a"\nkeep;\n')
  const { code, said } = await sieveConnect(
    { ...person, password: secret },
    '--upload',
    '--localsieve',
    'wrong.siv',
    '--remotesieve',
    'wrong',
  )
  assert.notEqual(code, 0)
  assert.match(said, /line [23], column \d+: /)
  assert.deepEqual(await readScripts(await server.storage.openAccount(person.id)), [])
})

test('a wrong password is not let in', async () => {
  const person = await server.createAccount()
  const { code, said } = await sieveConnect({ ...person, password: 'something else' }, '--list')
  assert.notEqual(code, 0, said)
})
