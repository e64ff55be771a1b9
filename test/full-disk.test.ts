/** Backups where disks really end: at the target, in the data folder, and where a backup is read back. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import nodemailer from 'nodemailer'
import type { Undo } from './database.ts'
import { newFolder, removeFolder, startChild } from './child.ts'
import { mountDisk, noDisks, type SmallDisk } from './small-disk.ts'

const MAIN = join(import.meta.dirname, '..', 'main.ts')
const password = 'a long enough password'
const address = 'anna@zegel.test'

/** Large enough for a new database. */
const DATA_MEGABYTES = 260

/** A folder of a server whose data folder is a disk of its own. */
function machine(t: Undo): { folder: string; disk: SmallDisk } {
  const folder = newFolder()
  mkdirSync(join(folder, 'data'))
  t.after(async () => removeFolder(folder))
  const disk = mountDisk(t, DATA_MEGABYTES, join(folder, 'data'))
  return { folder, disk }
}

async function zegel(env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  await ended
  return { code: child.exitCode, said: out + errors }
}

test(
  'a full disk at the target, in the data folder and at a restore is said plainly, spoils nothing, and with room all goes on',
  { skip: noDisks },
  async (t) => {
    // What runs on a disk has to end before it.
    const ending: (() => Promise<unknown>)[] = []
    const inTurn = { after: (undo: () => Promise<void>): void => void ending.unshift(undo) }
    t.after(async () => {
      for (const end of ending) await end()
    })
    const target = mountDisk(inTurn, 40)
    const home = machine(inTurn)
    const server = await startChild({ folder: home.folder })
    inTurn.after(() => server.stop())
    await server.command(['account', 'create', address, '--password-stdin'], password)
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: server.smtp,
      tls: { rejectUnauthorized: false },
    })
    const send = (bytes: number): Promise<unknown> =>
      transport.sendMail({
        from: 'bea@example.org',
        to: address,
        subject: 'A letter',
        attachments: [{ filename: 'a.bin', content: randomBytes(bytes) }],
      })
    const backup = (): Promise<{ code: number | null; said: string }> =>
      zegel(server.env, 'backup', '--to', target.folder, '--json')
    const filesThere = (): string[] =>
      readdirSync(target.folder, { recursive: true })
        .map(String)
        .filter((name) => name !== 'ballast')
        .toSorted()

    for (const bytes of [1000, 12_000_000]) await send(bytes)
    const first = await backup()
    assert.equal(first.code, 0, first.said)
    const before = filesThere()

    await send(3_000_000)
    target.fill(1_000_000)
    const failed = await backup()
    assert.equal(failed.code, 69, failed.said)
    assert.ok(failed.said.includes(`${target.folder}: there is no room left for a backup\n`), failed.said)
    assert.deepEqual(filesThere(), before, 'what was there is there, and nothing else')

    // While it is full, what it has is read back; at first into a data folder without room.
    const other = machine(inTurn)
    const env = { ...server.env, ZEGEL_DATA: join(other.folder, 'data') }
    const made = await zegel(
      { ...env, ZEGEL_KEY: join(other.folder, 'other.key') },
      'account',
      'list',
      '--purpose',
      'checks',
      '--reference',
      'test',
    )
    assert.equal(made.code, 0, made.said)
    for (const left of [1_000_000, 24_000_000]) {
      other.disk.fill(left)
      const noRoom = await zegel(env, 'restore', '--from', target.folder)
      assert.equal(noRoom.code, 69, noRoom.said)
      assert.match(noRoom.said, /There is no room left for the data folder\./)
      other.disk.clear()
    }
    assert.match(
      (await zegel(env, 'account', 'list', '--purpose', 'checks', '--reference', 'test')).said,
      /a backup was not read to its end/,
    )
    const restored = await zegel(env, 'restore', '--from', target.folder, '--json')
    assert.equal(restored.code, 0, restored.said)
    const { id } = JSON.parse(first.said) as { id: string }
    const { id: readBack, items } = JSON.parse(restored.said) as { id: string; items: number }
    assert.deepEqual([readBack, items], [id, 2])

    target.clear()
    const second = await backup()
    assert.equal(second.code, 0, second.said)
    assert.ok(before.every((name) => filesThere().includes(name)))

    // The database may get by with the room that it has set aside.
    home.disk.fill(100_000)
    const third = await backup()
    assert.ok(third.code === 0 || /There is no room left for the data folder\./.test(third.said), third.said)
    home.disk.clear()
    const last = await backup()
    assert.equal(last.code, 0, last.said)
    assert.ok(!filesThere().some((name) => name.endsWith('.half')))
  },
)
