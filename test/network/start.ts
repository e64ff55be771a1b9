/**
 * A network of names of our own: Debian's Knot answers for zones that it signs by itself, Debian's Unbound resolves and validates them
 * (RFC 4033). Both on free ports of loopback; nothing outside is asked.
 */
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Undo } from '../database.ts'
import { freePort, startProgram, type Program } from './program.ts'

export interface NetworkZone {
  /**
   * Lines of a master file below SOA and NS, with names that end without a dot relative to the zone, such as
   * `@ MX 10 mx` or `_25._tcp.mx TLSA 3 1 1 ABCD`. No time to live: nothing is kept.
   */
  records: readonly string[]
  /**
   * `signed`: what it says can be proven. `unsigned`: there is nothing to prove it by. `bogus`: it is signed by keys other than those it
   * ought to be signed by, as where somebody forges answers. `signed` by default.
   */
  is?: 'signed' | 'unsigned' | 'bogus'
}

export interface NetworkOptions {
  /** Address of both servers. */
  host?: string
  /** Of the resolver; a free one by default. */
  port?: number
  /** Addresses, or networks such as `10.7.0.0/24`, whose machines may ask the resolver beside this one. */
  clients?: readonly string[]
}

export interface Network {
  /** The validating resolver, for the setting `dns.servers`. */
  resolver: string
  /** The name server itself, which answers for these zones and proves nothing by itself. */
  authority: string
  /** Puts other records in place of all that a zone has. Whoever asks from now on is told of them. */
  change(zone: string, records: readonly string[]): Promise<void>
  /** The resolver says nothing any more, until it is continued. */
  pause(): void
  continue(): void
}

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

/** @param zones  by name, such as `one.example` or `0.0.127.in-addr.arpa` */
export async function startNetwork(
  t: Undo,
  zones: Readonly<Record<string, NetworkZone>>,
  { host = '127.0.0.1', port, clients = [] }: NetworkOptions = {},
): Promise<Network> {
  const knot = newFolder('knot')
  const unbound = newFolder('unbound')
  t.after(async () => {
    for (const folder of [knot, unbound]) rmSync(folder, { recursive: true, force: true })
  })
  const authority = { host, port: await freePort(host) }
  const resolver = { host, port: port ?? (await freePort(host)) }
  const write = (zone: string, records: readonly string[]): void =>
    writeFileSync(join(knot, `${zone}.zone`), zoneFile(records))
  for (const [zone, { records }] of Object.entries(zones)) write(zone, records)
  writeFileSync(join(knot, 'knot.conf'), knotConf(knot, authority, zones))
  const control = async (...words: string[]): Promise<string> =>
    (await run('/usr/sbin/knotc', ['-c', join(knot, 'knot.conf'), ...words], { timeout: 30_000 })).stdout

  await startProgram(t, {
    user: 'knot',
    command: ['/usr/sbin/knotd', '-c', join(knot, 'knot.conf')],
    // A zone that is not loaded yet is told of as an error or without a serial.
    isReady: () =>
      control('zone-status').then(
        (said) =>
          Object.keys(zones).every((zone) =>
            said.split('\n').some((line) => line.includes(`[${zone}.]`) && /serial: \d+/.test(line)),
          ),
        () => false,
      ),
  })

  const anchors: string[] = []
  for (const [zone, { is = 'signed' }] of Object.entries(zones))
    if (is !== 'unsigned') anchors.push(await anchorOf(join(knot, 'knot.conf'), zone, is === 'bogus'))
  writeFileSync(join(unbound, 'unbound.conf'), unboundConf(unbound, resolver, authority, zones, anchors, clients))
  const running: Program = await startProgram(t, {
    user: 'unbound',
    command: ['/usr/sbin/unbound', '-d', '-p', '-c', join(unbound, 'unbound.conf')],
    isReady: () => takesConnections(resolver),
  })
  return {
    resolver: `${resolver.host}:${resolver.port}`,
    authority: `${authority.host}:${authority.port}`,
    async change(zone, records) {
      write(zone, records)
      await control('--blocking', 'zone-reload', zone)
    },
    pause: () => running.signal('SIGSTOP'),
    continue: () => running.signal('SIGCONT'),
  }
}

function newFolder(user: string): string {
  const folder = mkdtempSync(`/dev/shm/zegel-${user}-`)
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'run'))
  if (isRoot)
    for (const path of [folder, join(folder, 'run')])
      chownSync(path, Number(execFileSync('id', ['-u', user])), Number(execFileSync('id', ['-g', user])))
  return folder
}

interface Place {
  host: string
  port: number
}

const zoneFile = (records: readonly string[]): string =>
  ['$TTL 0', '@ SOA ns hostmaster 1 3600 600 604800 0', '@ NS ns', 'ns A 127.0.0.1', ...records, ''].join('\n')

/** Knot numbers the versions of a zone by itself, and keeps none of them: what the file says is all there is. */
const knotConf = (folder: string, { host, port }: Place, zones: Readonly<Record<string, NetworkZone>>): string => `
server:
  rundir: ${folder}/run
  listen: ${host}@${port}
database:
  storage: ${folder}
policy:
  - id: own
    algorithm: ecdsap256sha256
    signing-threads: 1
    nsec3: off
template:
  - id: default
    storage: ${folder}
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    dnssec-policy: own
zone:
${Object.entries(zones)
  .map(
    ([zone, { is }]) => `  - domain: ${zone}.\n    dnssec-signing: ${is === 'unsigned' ? 'off' : 'on'}
    serial-policy: increment\n`,
  )
  .join('')}`

/** The DS record of a zone's key, for the validator to begin with; of a bogus one with another digest. */
async function anchorOf(configuration: string, zone: string, isBogus: boolean): Promise<string> {
  const { stdout } = await run('/usr/sbin/keymgr', ['-c', configuration, `${zone}.`, 'ds'])
  // Of the digests, SHA-256.
  const line = stdout.split('\n').find((one) => / DS \d+ \d+ 2 [0-9a-f]+/i.test(one))
  if (line === undefined) throw new Error(`Knot has no key for ${zone}: ${stdout}`)
  return isBogus ? line.replace(/[0-9a-f]{64}$/i, '0'.repeat(64)) : line
}

/** What is in no zone of ours is nowhere: nobody else is asked. */
function unboundConf(
  folder: string,
  { host, port }: Place,
  authority: Place,
  zones: Readonly<Record<string, NetworkZone>>,
  anchors: readonly string[],
  clients: readonly string[],
): string {
  const names = Object.keys(zones)
  return `
server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  num-threads: 1
  interface: ${host}
  port: ${port}
  do-ip6: no
  do-not-query-localhost: no
  unblock-lan-zones: yes
  module-config: "validator iterator"
  qname-minimisation: no
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  infra-host-ttl: 0
  access-control: 127.0.0.0/8 allow
${clients.map((client) => `  access-control: ${client} allow\n`).join('')}
  local-zone: "." static
${names.map((name) => `  local-zone: "${name}." transparent\n`).join('')}
${anchors.map((anchor) => `  trust-anchor: "${anchor.trim()}"\n`).join('')}
remote-control:
  control-enable: no
${names.map((name) => `stub-zone:\n  name: "${name}."\n  stub-addr: ${authority.host}@${authority.port}\n  stub-no-cache: yes\n`).join('')}
`
}

const takesConnections = ({ host, port }: Place): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy()
        resolve(true)
      })
  })
