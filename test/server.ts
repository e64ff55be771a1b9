import assert from 'node:assert/strict'
import { createStandardMailboxes } from '#mail'
import type { Storage } from '#storage'
import type { Config } from '#system'
import { serve, type Address, type Part } from '../serve.ts'
import { silent } from './cluster.ts'
import { closeAfter, testDatabase, type Undo } from './database.ts'
import { addPerson, type Person } from './people.ts'

/** The real server, in this process, on free ports of the loopback. */
export interface TestServer {
  config: Config
  /** The app's view of what is kept. */
  storage: Storage
  /** Such as `http://127.0.0.1:40001`. */
  http: string
  /** With a self-made certificate. */
  https: string
  smtp: Address
  /** For people's own mail programs: with STARTTLS. */
  submission: Address
  /** The same with TLS from the first byte. */
  submissions: Address
  /** IMAP: with STARTTLS, and with TLS from the first byte. */
  imap: Address
  imaps: Address
  /** POP3: with STLS, and with TLS from the first byte. */
  pop3: Address
  pop3s: Address
  /** ManageSieve, with STARTTLS. */
  managesieve: Address
  /** Such as `http://127.0.0.1:40001`, where figures are told. */
  metrics: string
  /** Such as `https://localhost:40001`, where the staff work. */
  desk: string
  /** Makes an account at zegel.test with its mailboxes. Without a name it has a random one. */
  createAccount(name?: string): Promise<Person>
  /** Stops the server before the test ends. */
  close(): Promise<void>
}

/** Settings that differ; those of some parts one by one. */
export type Overrides = Partial<Omit<Config, 'http' | 'smtp' | 'pop3' | 'managesieve' | 'sending'>> & {
  http?: Partial<Config['http']>
  smtp?: Partial<Config['smtp']>
  pop3?: Partial<Config['pop3']>
  managesieve?: Partial<Config['managesieve']>
  sending?: Partial<Config['sending']>
}

/**
 * Starts the server over this file's database (database.ts), until the test ends. Several may run at once over it.
 * @param overrides  settings that differ from those of testConfig
 * @param parts  what to start; the addresses of the others must not be asked for
 */
export async function startServer(
  t: Undo,
  overrides: Overrides = {},
  parts: readonly Part[] = ['smtp', 'http'],
): Promise<TestServer> {
  const { config: settings, url } = await testDatabase()
  const config: Config = {
    ...settings,
    ...overrides,
    http: { ...settings.http, ...overrides.http },
    smtp: { ...settings.smtp, ...overrides.smtp },
    pop3: { ...settings.pop3, ...overrides.pop3 },
    managesieve: { ...settings.managesieve, ...overrides.managesieve },
    sending: { ...settings.sending, ...overrides.sending },
  }
  const { addresses, storage, ...served } = await serve(config, silent, { databaseUrl: url, parts })
  const close = closeAfter(t, served.close)
  const only = (list: Address[]): Address => {
    const [address] = list
    assert.ok(address, 'this part of the server was not started')
    return address
  }
  const urlOf = (scheme: string, { host, port }: Address): string => `${scheme}://${host}:${port}`
  return {
    config,
    storage,
    get http() {
      return urlOf('http', only(addresses.http))
    },
    get https() {
      return urlOf('https', only(addresses.https))
    },
    get smtp() {
      return only(addresses.smtp)
    },
    get submission() {
      return only(addresses.submission)
    },
    get submissions() {
      return only(addresses.submissions)
    },
    get imap() {
      return only(addresses.imap)
    },
    get imaps() {
      return only(addresses.imaps)
    },
    get pop3() {
      return only(addresses.pop3)
    },
    get pop3s() {
      return only(addresses.pop3s)
    },
    get managesieve() {
      return only(addresses.managesieve)
    },
    get metrics() {
      return urlOf('http', only(addresses.metrics))
    },
    get desk() {
      // By name: a passkey is not made for an address.
      return `https://localhost:${only(addresses.desk).port}`
    },
    createAccount: (name) => addPerson(storage, name === undefined ? {} : { name }, createStandardMailboxes),
    close,
  }
}
