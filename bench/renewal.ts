import { once } from 'node:events'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { BenchOptions } from './run.ts'
import { loadCertificate, type Certificate, type Config } from '#system'
import { newFolder, removeFolder, startChild } from '../test/child.ts'
import { SETTINGS } from './settings.ts'

const CONNECTIONS = 1000

/** Ports of the trial configuration that a child server shifts, as IMAP's. */
const IMAPS_AFTER_IMAP = 2993 - 2143
const HTTPS_AFTER_HTTP = 8443 - 8080

/** How each protocol is asked whether it still answers. */
const ASKED: Record<Open['protocol'], [ask: string, answer: RegExp]> = {
  imap: ['a NOOP\r\n', /^a OK/m],
  http: ['GET /healthz HTTP/1.1\r\nHost: zegel.test\r\n\r\n', /^HTTP\/1\.1 200/],
  smtp: ['NOOP\r\n', /^250/],
}

const PROTOCOLS = ['imap', 'http', 'smtp'] as const

/** Handshakes at a time: the first connections must not have waited for so long that they are ended for being idle. */
const AT_ONCE = 50

interface Open {
  protocol: 'imap' | 'http' | 'smtp'
  socket: TLSSocket
}

/**
 * A certificate that changes while a thousand connections are open: how many of them are lost, and how long it takes until those that
 * come are shown the new one. The operator's files are exchanged; one that an authority issues takes the same way.
 */
export async function renewal({ count = CONNECTIONS }: BenchOptions): Promise<string[]> {
  const folder = newFolder()
  const [first, second] = [await make(folder, 'first'), await make(folder, 'second')]
  const files = { certificate: join(folder, 'shown.crt'), key: join(folder, 'shown.key') }
  exchange(files, first)
  const tls = `\n[tls]\ncertificate = ${JSON.stringify(files.certificate)}\nkey = ${JSON.stringify(files.key)}\n`
  const settings = SETTINGS.replace('[smtp]\n', '[smtp]\nmaxConnections = 10000\nmaxConnectionsPerNetwork = 10000\n')
  const server = await startChild({ settings: `${settings}${tls}` })
  const open: Open[] = []
  try {
    const ports = { imap: server.imap + IMAPS_AFTER_IMAP, http: server.http + HTTPS_AFTER_HTTP, smtp: server.smtp }
    for (let at = 0; at < count; at += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) => at + i)
      open.push(
        ...(await Promise.all(
          numbers.map(async (number): Promise<Open> => {
            const protocol = PROTOCOLS[number % 3] as Open['protocol']
            return { protocol, socket: await dial(protocol, ports[protocol]) }
          }),
        )),
      )
    }
    const serial = await shownAt(ports.http)
    const before = await answering(open)
    const startedAt = performance.now()
    exchange(files, second)
    while ((await shownAt(ports.http)) === serial) await sleep(50)
    const tookMs = performance.now() - startedAt
    const after = await answering(open)
    return [
      `${open.length} connections (IMAP, HTTPS, SMTP under TLS): ${before} answered before, ${after} after; dropped: ${before - after}`,
      `the new certificate was shown after ${(tookMs / 1000).toFixed(1)} s`,
    ]
  } finally {
    for (const { socket } of open) socket.destroy()
    await server.stop()
    for (const one of [folder, server.folder]) removeFolder(one)
  }
}

async function make(folder: string, name: string): Promise<Certificate> {
  const dataFolder = join(folder, name)
  mkdirSync(dataFolder, { recursive: true })
  return loadCertificate({ hostname: 'zegel.test', names: [], tls: {}, dataFolder } as unknown as Config)
}

function exchange(files: { certificate: string; key: string }, { cert, key }: Certificate): void {
  for (const [file, text] of [
    [files.key, key],
    [files.certificate, cert],
  ] as const) {
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }
}

async function dial(protocol: Open['protocol'], port: number): Promise<TLSSocket> {
  const options = { host: '127.0.0.1', port, servername: 'zegel.test', rejectUnauthorized: false }
  if (protocol !== 'smtp') {
    const socket = connectTls(options)
    await once(socket, 'secureConnect')
    if (protocol === 'imap') await once(socket, 'data')
    return socket
  }
  const plain = connect(port, '127.0.0.1')
  await once(plain, 'data')
  for (const line of ['EHLO bench.example', 'STARTTLS']) {
    plain.write(`${line}\r\n`)
    await once(plain, 'data')
  }
  const socket = connectTls({ socket: plain, servername: 'zegel.test', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

async function shownAt(port: number): Promise<string> {
  const socket = await dial('http', port)
  const serial = socket.getPeerCertificate().serialNumber
  socket.destroy()
  return serial
}

async function answering(open: readonly Open[]): Promise<number> {
  const answers = await Promise.all(
    open.map(async ({ protocol, socket }) => {
      const [ask, answer] = ASKED[protocol]
      if (socket.destroyed || socket.readyState !== 'open') return false
      socket.write(ask)
      const data = await Promise.race([
        once(socket, 'data'),
        once(socket, 'close').then(() => ['']),
        sleep(20_000, ['']),
      ])
      return answer.test(String(data[0]))
    }),
  )
  return answers.filter(Boolean).length
}
