/** The keyholders' commands as they are typed: keys and signatures without a server, and what is published on it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { newFolder, removeFolder } from '#test/child'

const MAIN = join(import.meta.dirname, '..', '..', 'main.ts')
const PROMISES = join(import.meta.dirname, '..', '..', 'policy', 'promises.toml')
const passphrase = 'seven dull herons wade'

const folder = newFolder()
after(() => removeFolder(folder))

interface Ended {
  code: number | null
  output: string
  errors: string
}

async function zegel(env: NodeJS.ProcessEnv, args: string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => undefined).end(input)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, output, errors }
}

/** A keyholder's own computer: no settings, no data folder, no key of the server; whatever looked for one would fail. */
const away = {
  ...process.env,
  ZEGEL_DATA: '/nonexistent/data',
  ZEGEL_CONFIG: '/nonexistent/config.toml',
  ZEGEL_KEY: '/nonexistent/master.key',
}
const server = { ...process.env, ZEGEL_DATA: join(folder, 'data'), ZEGEL_KEY: join(folder, 'master.key') }

async function done(run: Promise<Ended>): Promise<string> {
  const { code, output, errors } = await run
  assert.equal(code, 0, errors)
  return output
}

async function refused(run: Promise<Ended>, why: RegExp): Promise<void> {
  const { code, output, errors } = await run
  assert.notEqual(code, 0, output)
  assert.match(errors, why)
}

const file = join(folder, 'c.json')
const sign = (name: string, words = passphrase): Promise<Ended> =>
  zegel(away, ['canary', 'sign', 'c.json', '--key', `${name}.key`], `${words}\n`)
const publish = (): Promise<Ended> => zegel(server, ['canary', 'publish', 'c.json'])
let keys: string[] = []
let unsigned = ''

// One story in four tests: every command is a process, and those of the server start a database, which takes its time.

test('keyholders make keys away from the server', async () => {
  const make = async (name: string): Promise<string> => {
    const output = await done(zegel(away, ['canary', 'key', '--out', `${name}.key`], `${passphrase}\n`))
    assert.equal(statSync(join(folder, `${name}.key`)).mode & 0o777, 0o400)
    assert.ok(!output.includes(passphrase))
    return /key = "([\w-]{43})"/.exec(output)?.[1] as string
  }
  keys = await Promise.all(['saskia', 'driss', 'ilse', 'mallory'].map(make))
  await refused(zegel(away, ['canary', 'key', '--out', 'ilse.key'], passphrase), /there is such a file already/)
  await refused(zegel(away, ['canary', 'key', '--out', 'x.key'], 'short'), /needs 12 characters/)
})

test('the operator names them, and prepares a canary', async () => {
  mkdirSync(server.ZEGEL_DATA)
  await refused(zegel(server, ['canary', 'prepare', '--value', 'a headline']), /name no keyholders/)
  const promises = join(folder, 'promises.toml')
  copyFileSync(PROMISES, promises)
  appendFileSync(
    promises,
    `\n[canary]\nneeded = 2\ndays = 14\n${['Saskia', 'Driss', 'Ilse'].map((name, i) => `[[canary.keyholders]]\nname = "${name}"\nkey = "${keys[i]}"\n`).join('')}`,
  )
  appendFileSync(join(server.ZEGEL_DATA, 'config.toml'), `\n[policy]\npromises = ${JSON.stringify(promises)}\n`)
  assert.match(await done(zegel(server, ['canary', 'show'])), /^Missing: keyholders are named/)
  await done(
    zegel(server, [
      'canary',
      'prepare',
      '--value',
      'Schelde bevroren',
      '--value',
      'b10c'.repeat(16),
      '--out',
      'c.json',
    ]),
  )
  unsigned = readFileSync(file, 'utf8')
})

test('two of three sign it offline, and nobody else, nor anything that was changed, counts', async () => {
  const first = await sign('saskia')
  assert.equal(first.code, 0, first.errors)
  assert.match(first.errors, /Nobody has forced a keyholder[^]*Schelde bevroren/)
  await refused(sign('saskia'), /signed it already/)
  await refused(sign('driss', 'another passphrase'), /passphrase does not open/)
  await refused(publish(), /1 of the 2 signatures/)

  const signedOnce = readFileSync(file, 'utf8')
  writeFileSync(file, signedOnce.replace('Schelde bevroren', 'Schelde ontdooid'))
  await refused(sign('driss'), /changed after somebody had signed it/)
  writeFileSync(file, signedOnce)
  await done(sign('mallory'))
  await refused(publish(), /none of a keyholder[^]*1 of the 2/)
  writeFileSync(file, signedOnce)
  await done(sign('driss'))
})

test('it is published once, and shown with who has signed', async () => {
  assert.match(await done(publish()), /Published canary 1, signed by Saskia and Driss/)
  await refused(publish(), /was published already/)
  writeFileSync(file, unsigned)
  await refused(publish(), /was published already/)
  const shown = await done(zegel(server, ['canary', 'show']))
  assert.match(shown, /^Fresh, until/)
  assert.match(shown, /Driss \(signed the newest\)[^]*Ilse\n/)
})

test('a giant file and one that is none are refused by name', async () => {
  writeFileSync(join(folder, 'giant.json'), Buffer.alloc(10_000_000, 0x5b))
  writeFileSync(join(folder, 'none.json'), 'not JSON')
  const sign = (name: string): Promise<Ended> => zegel(away, ['canary', 'sign', name, '--key', 'ilse.key'], passphrase)
  await refused(sign('giant.json'), /giant\.json: too large/)
  await refused(sign('none.json'), /no canary as "zegel canary prepare" makes it/)
  await refused(sign('missing.json'), /missing\.json: ENOENT/)
  await refused(zegel(away, ['canary', 'sign', 'none.json'], passphrase), /--key KEYFILE/)
})
