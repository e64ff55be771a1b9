/** Debian's Dovecot on loopback: another provider, with accounts of its own. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import { loadCertificate } from '#system'
import { testConfig } from './cluster.ts'
import type { Undo } from './database.ts'

export interface Dovecot {
  /** With STARTTLS, and with TLS from the first byte; the first also without. */
  imap: number
  imaps: number
  pop3: number
  pop3s: number
  /** PEM of its certificate, which is for `zegel.test` and `localhost`. */
  authority: string
  user: string
  password: string
  /** The name of somebody who has nothing there yet, with the same password. */
  another(): string
  /** Has the numbers of somebody's inbox mean other letters from now on: those of IMAP, and what POP3 calls them. */
  renumber(name: string): void
  /** For the setting `fetch.allow`. */
  allow: string[]
  /** Signs in as another program would, to put letters there and to change them. */
  client(name?: string): Promise<ImapFlow>
  /** Ends it, as when its machine fails. */
  kill(): Promise<void>
  /** Starts it where it was. */
  restart(): Promise<void>
}

/** Accounts beside the first. */
const MOST_OTHERS = 40

/** Whom it keeps mail as: it refuses root. */
const NOBODY = 65_534

export async function startDovecot({ after }: Undo): Promise<Dovecot> {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-dovecot-'))
  const { cert, key } = await loadCertificate(testConfig({ dataFolder: folder, keyFile: join(folder, 'master') }))
  const isRoot = process.getuid?.() === 0
  const uid = isRoot ? NOBODY : (process.getuid?.() ?? NOBODY)
  const gid = isRoot ? NOBODY : (process.getgid?.() ?? NOBODY)
  const [imap, imaps, pop3, pop3s] = (await freePorts(4)) as [number, number, number, number]
  const authority = join(folder, 'cert.pem')
  const [user, password] = ['anna', 'a password elsewhere']
  writeFileSync(authority, cert)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
  const others = Array.from({ length: MOST_OTHERS }, (_, i) => `person${i}`)
  writeFileSync(join(folder, 'users'), [user, ...others].map((name) => `${name}:{PLAIN}${password}::::::\n`).join(''))
  mkdirSync(join(folder, 'mail'))
  chmodSync(folder, 0o755)
  if (isRoot) for (const name of ['mail', 'users']) chownSync(join(folder, name), uid, gid)
  const settings = join(folder, 'dovecot.conf')
  const own = isRoot
    ? ''
    : `default_internal_user = ${uid}\ndefault_login_user = ${uid}\ndefault_internal_group = ${gid}\n`
  writeFileSync(
    settings,
    `${own}base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap pop3
listen = 127.0.0.1
mail_location = maildir:${folder}/mail/%u
mail_uid = ${uid}
mail_gid = ${gid}
first_valid_uid = 1
ssl = yes
ssl_cert = <${authority}
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 50
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${folder}/mail/%u
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Verschickt {
    auto = subscribe
    special_use = \\Sent
  }
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
  mailbox Starred {
    auto = create
    special_use = \\Flagged
  }
}
`,
  )
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn('/usr/sbin/dovecot', ['-F', '-c', settings], { stdio: ['ignore', 'ignore', 'inherit'] })
    await answers(imap)
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    // The master takes its processes along; killed at once, it would leave them.
    child.kill('SIGTERM')
    await ended
  }
  await start()
  after(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    imap,
    imaps,
    pop3,
    pop3s,
    authority,
    user,
    password,
    another: () => others.pop() ?? assert.fail('there are no more'),
    renumber(name) {
      const inbox = join(folder, 'mail', name)
      for (const file of readdirSync(inbox)) if (/^dovecot[-.](?:uidlist|index)/.test(file)) rmSync(join(inbox, file))
    },
    allow: [imap, imaps, pop3, pop3s].map((port) => `127.0.0.1:${port}`),
    async client(name = user) {
      const client = new ImapFlow({
        host: '127.0.0.1',
        port: imap,
        secure: false,
        doSTARTTLS: false,
        auth: { user: name, pass: password },
        disableAutoIdle: true,
        logger: false,
      })
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
    kill,
    restart: start,
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
    })
    socket.destroy()
    if (isThere) return
    await sleep(50)
  }
  throw new Error('Dovecot does not answer')
}

/** A line to another server that stands still, or breaks, when so many bytes have come over it. */
export interface Relay {
  port: number
  /** Holds what comes after this many bytes from now on. @returns when it does */
  holdAfter(bytes: number): Promise<void>
  /** Breaks the lines there are; those to come hold nothing. */
  cut(): void
  /** Breaks every line as soon as it begins, or does so no more. */
  refuse(whether: boolean): void
}

export async function startRelay({ after }: Undo, to: number): Promise<Relay> {
  let left = Infinity
  let isHeld: (() => void) | undefined
  const sockets = new Set<Socket>()
  let refuses = false
  const server = createServer((near) => {
    if (refuses) {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    near.on('data', (piece: Buffer) => far.write(piece))
    far.on('data', (piece: Buffer) => {
      left -= piece.length
      near.write(piece)
      if (left > 0) return
      far.pause()
      isHeld?.()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    holdAfter(bytes) {
      left = bytes
      return new Promise((resolve) => (isHeld = resolve))
    },
    cut() {
      left = Infinity
      for (const socket of sockets) socket.destroy()
    },
    refuse: (whether) => void (refuses = whether),
  }
}
