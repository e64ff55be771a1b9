/** An authority for certificates that is not ours: Debian's `pebble`, on loopback, with a root of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadCertificate, type Config } from '#system'
import type { Undo } from './database.ts'

export interface PebbleOptions {
  /** Where it looks whether a name leads to who asks, in place of port 80. */
  httpPort: number
  /** The name server it asks, `address:port`. */
  nameServer: string
  /** How long a certificate lasts. */
  days?: number
  /** It wants to know whose customer one is: key ids, and keys in base64url. */
  bindings?: Record<string, string>
}

export interface Pebble {
  /** For the setting `tls.acme`. */
  settings: NonNullable<Config['tls']['acme']>
  start(options: PebbleOptions): Promise<void>
  /** Kills it; what it knew is gone. */
  stop(): Promise<void>
  /** The root of what it issues, PEM. */
  root(): Promise<string>
}

/**
 * Reserves a port, so that settings can name it before the rest is known.
 * @param at  its address, and the name by which others know it, in a network of the test's own
 */
export async function reservePebble(
  t: Undo,
  config: Config,
  { host, name }: { host: string; name: string } = { host: '127.0.0.1', name: '127.0.0.1' },
): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-pebble-'))
  const [port, management] = [await freePort(), await freePort()]
  const own = await loadCertificate({
    ...config,
    dataFolder: folder,
    hostname: name === host ? 'localhost' : name,
    names: [],
    tls: {},
  })
  const authority = join(folder, 'tls/self-made.crt')
  let stop = async (): Promise<void> => undefined
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    settings: { directory: `https://${name}:${port}/dir`, termsAgreed: true, authority, keyDays: 180 },
    async start({ httpPort, nameServer, days = 90, bindings }) {
      const file = join(folder, 'pebble.json')
      const pebble = {
        listenAddress: `${host}:${port}`,
        managementListenAddress: `${host}:${management}`,
        certificate: authority,
        privateKey: join(folder, 'tls/self-made.key'),
        httpPort,
        tlsPort: 1,
        ocspResponderURL: '',
        certificateValidityPeriod: days * 86_400,
        externalAccountBindingRequired: bindings !== undefined,
        externalAccountMACKeys: bindings ?? {},
      }
      writeFileSync(file, JSON.stringify({ pebble }))
      const running = spawn('/usr/bin/pebble', ['-config', file, '-strict', '-dnsserver', nameServer], {
        env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' },
        stdio: 'ignore',
      })
      const ended = once(running, 'exit')
      stop = async () => {
        running.kill('SIGKILL')
        await ended
      }
      await answers(host, port)
      await answers(host, management)
    },
    stop: () => stop(),
    root: () => get(`https://${host}:${management}/roots/0`, own.cert, name === host ? 'localhost' : name),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(host: string, port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const socket = connect(port, host)
    const isOpen = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    socket.destroy()
    if (isOpen) return
    await sleep(25)
  }
  throw new Error('pebble did not start')
}

function get(url: string, ca: string, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { ca, servername }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}
