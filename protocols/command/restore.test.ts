import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import nodemailer from 'nodemailer'
import { newFolder, removeFolder, startChild } from '#test/child'
import { openJmapClient } from '#test/jmap'

const MAIN = join(import.meta.dirname, '..', '..', 'main.ts')
const password = 'a long enough password'
const address = 'anna@zegel.test'
const LETTERS = 12

const target = newFolder()
after(() => removeFolder(target))

interface Ended {
  code: number | null
  output: string
  errors: string
}

/** Runs `./zegel`; kills it as a power cut would as soon as a condition holds. */
async function zegel(env: NodeJS.ProcessEnv, args: string[], input = '', killWhen?: () => boolean): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => undefined).end(input)
  const ended = once(child, 'close')
  const both = Promise.all([text(child.stdout), text(child.stderr)])
  while (killWhen !== undefined && child.exitCode === null && child.signalCode === null) {
    if (killWhen()) child.kill('SIGKILL')
    await sleep(5)
  }
  const [[output, errors]] = await Promise.all([both, ended])
  return { code: child.exitCode, output, errors }
}

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : []

async function subjectsOf(http: number): Promise<string[]> {
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${http}` }, { address, password })
  const { ids } = await jmap.call('Email/query', { limit: 100 })
  const { list } = await jmap.call('Email/get', {
    ids,
    properties: ['subject', 'bodyValues', 'textBody'],
    fetchAllBodyValues: true,
  })
  return (list as { subject: string; bodyValues: Record<string, { value: string }> }[])
    .map(({ subject, bodyValues }) => `${subject} ${Object.values(bodyValues)[0]?.value.trim()}`)
    .toSorted()
}

test('a machine is lost: backups that were killed, a restore that was killed, and all letters are there again by the paper', async () => {
  const server = await startChild()
  after(async () => {
    await server.stop()
    removeFolder(server.folder)
  })
  await server.command(['account', 'create', address, '--password-stdin'], password)
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: server.smtp,
    tls: { rejectUnauthorized: false },
  })
  for (let i = 0; i < LETTERS; i++)
    await transport.sendMail({
      from: 'bea@example.org',
      to: address,
      subject: `Letter ${i}`,
      text: `Text ${i}`,
      attachments: [{ filename: 'a.bin', content: randomBytes(120_000) }],
    })
  const letters = await subjectsOf(server.http)
  assert.equal(letters.length, LETTERS)
  const paper = await server.command(['key', 'export', '--to', target])

  const objects = (): string[] => filesBelow(join(target, 'objects'))
  for (const count of [1, 8]) {
    const killed = await zegel(server.env, ['backup', '--to', target], '', () => objects().length >= count)
    assert.ok(killed.code === null || killed.code === 0, killed.errors)
  }
  const made = JSON.parse(await server.command(['backup', '--to', target, '--json'])) as { id: string }
  const ids = new Set(objects().map((path) => path.split('/').at(-2)))
  const whole = readdirSync(join(target, 'backups')).map((name) => name.slice(-36))
  assert.ok(whole.includes(made.id))
  assert.deepEqual(
    [...ids].filter((id) => !whole.includes(id as string)),
    [],
    'nothing is left of those that were killed',
  )
  assert.deepEqual(
    filesBelow(target).filter((path) => path.endsWith('.half')),
    [],
  )
  await server.stop()

  // Another machine: no data, no key, the target and the paper.
  const folder = newFolder()
  after(() => removeFolder(folder))
  const env = { ...server.env, ZEGEL_DATA: join(folder, 'data'), ZEGEL_KEY: join(folder, 'master.key') }
  mkdirSync(env.ZEGEL_DATA)
  const restore = ['restore', '--from', target]
  const mistyped = paper.replace(/^2: .{4}/m, '2: 0000')
  const refused = await zegel(env, restore, mistyped)
  assert.deepEqual([refused.code, refused.errors], [78, 'line 2: mistyped\n'])
  const killed = await zegel(env, restore, paper, () => filesBelow(join(env.ZEGEL_DATA, 'blobs')).length >= 3)
  assert.equal(killed.code, null, 'it was killed on its way')
  const half = await zegel(env, ['serve'])
  assert.equal(half.code, 78)
  assert.match(half.errors, /a backup was not read to its end/)

  const { code, errors, output } = await zegel(env, restore, paper)
  assert.equal(code, 0, errors)
  assert.match(output, new RegExp(`^Restored backup ${made.id} .*: \\d+ accounts, ${LETTERS} items`))
  assert.equal(statSync(env.ZEGEL_KEY).mode & 0o777, 0o400)
  const again = await startChild({ folder })
  after(() => again.stop())
  assert.deepEqual(await subjectsOf(again.http), letters)

  // The key file alone is lost: the paper brings it back, and replaces none.
  const kept = readFileSync(env.ZEGEL_KEY)
  await again.command(['backup', '--to', target])
  assert.equal((await zegel(again.env, ['key', 'import', '--from', target], paper)).code, 1)
  await again.stop()
  rmSync(env.ZEGEL_KEY)
  assert.equal((await zegel(env, ['key', 'import', '--from', target], paper)).code, 0)
  assert.deepEqual(readFileSync(env.ZEGEL_KEY), kept)
  assert.equal((await zegel(env, restore, '')).code, 1, 'nothing is overwritten')
})
