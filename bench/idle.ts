import { connect, type Socket } from 'node:net'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { SETTINGS } from './settings.ts'

const CONNECTIONS = 10_000
const LETTERS = 100_000
const PASSWORD = 'bench password'
const ADDRESS = 'idle@zegel.test'
const SETTLE_MS = 15_000

/** Sign-ins at a time: each is as slow as the hash of a password is meant to be. */
const AT_ONCE = 8

/** What programs that wait in IDLE cost, all in one mailbox of 100,000 letters; and what that mailbox costs, open. */
export async function idle({ count = CONNECTIONS }: BenchOptions): Promise<string[]> {
  const server = await startChild({ settings: SETTINGS })
  const sockets: Socket[] = []
  try {
    await server.command(['account', 'create', ADDRESS, '--password-stdin'], PASSWORD)
    spawnSync(process.execPath, [join(import.meta.dirname, 'fill.ts'), ADDRESS, 'big', String(LETTERS)], {
      env: server.env,
      stdio: 'inherit',
    })
    const settled = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      return server.residentMb()
    }
    // Sign-in, and what it needs the first time, before anything is measured.
    for (let i = 0; i < AT_ONCE; i++) (await waiting(server.imap, 'INBOX')).destroy()
    const before = await settled()
    sockets.push(await waiting(server.imap, 'big'))
    const opened = await settled()
    for (let at = 1; at < count; at += AT_ONCE)
      sockets.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, count - at) }, () => waiting(server.imap, 'big')),
        )),
      )
    const all = await settled()
    return [
      `resident ${Math.round(before)} MB, with the mailbox of ${LETTERS} open ${Math.round(opened)} MB, with ${count} connections ${Math.round(all)} MB`,
      `${(((all - opened) * 1024) / (count - 1)).toFixed(1)} KB a connection`,
    ]
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.stop()
    removeFolder(server.folder)
  }
}

/** A connection that has signed in, selected a mailbox and waits. */
async function waiting(port: number, mailbox: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  const answer = (ends: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      let seen = ''
      const hear = (text: string): void => {
        seen += text
        if (!ends.test(seen)) return
        socket.off('data', hear)
        resolve()
      }
      socket.on('data', hear).once('error', reject)
    })
  await answer(/^\* OK [^\n]*\n/)
  for (const [command, ends] of [
    [`a LOGIN ${ADDRESS} "${PASSWORD}"`, /^a OK/m],
    [`b SELECT ${mailbox}`, /^b OK/m],
    ['c IDLE', /^\+ /m],
  ] as const) {
    const answered = answer(ends)
    socket.write(`${command}\r\n`)
    await answered
  }
  return socket
}
