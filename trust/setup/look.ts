import { existsSync } from 'node:fs'
import { certificateOf, listAccounts, lookAtRecords, openWhere, type SeenRecord } from '#accounts'
import { DnsError, openSecureDns, type Config, type Dns } from '#system'
import type { Storage } from '#storage'
import { listMembers } from '#trust/staff'
import { takesConnections } from './network.ts'

/** `now`: without it no letter goes out or comes in, or none is trusted. `soon`: the first days pass without. `unknown`: nobody could tell. */
export type SetupState = 'done' | 'now' | 'soon' | 'unknown'

/** What is looked at, each with what can be found and how bad that is; the words for it stand in `words.ts`. */
export const FOUND = {
  address: { here: 'done', unknown: 'now', elsewhere: 'now', silent: 'unknown' },
  reverse: { fits: 'done', missing: 'now', other: 'now', silent: 'unknown' },
  ports: { answer: 'done', silent: 'now' },
  port25: { open: 'done', closed: 'now', notTried: 'unknown', noExchanger: 'unknown' },
  records: { right: 'done', missing: 'now', silent: 'unknown', noDomain: 'now' },
  certificate: { issued: 'done', own: 'done', waiting: 'now', selfMade: 'now' },
  resolver: { validates: 'done', doesNot: 'soon', silent: 'now' },
  clock: { synchronised: 'done', not: 'now', unknown: 'unknown' },
  operator: { there: 'done', none: 'now' },
  staff: { there: 'done', none: 'soon' },
  backups: { set: 'done', none: 'soon' },
} as const satisfies Record<string, Record<string, SetupState>>

export type SetupName = keyof typeof FOUND

export interface SetupItem {
  name: SetupName
  /** With the name, the key of its words. */
  found: string
  state: SetupState
  /** Hosts, addresses, ports and records of the service itself. */
  about: string[]
}

export interface SetupContext {
  config: Config
  storage: Storage
  dns: Dns
  /** A domain whose mail servers may be tried, to see whether port 25 is open outward; nobody is called otherwise. */
  tryMailOf?: string | undefined
}

type Found = { [N in SetupName]: [name: N, found: keyof (typeof FOUND)[N] & string, about?: string[]] }[SetupName]

/** Looks at everything that a server needs before its first letter, in the order in which it is put right. */
export async function lookAtSetup(context: SetupContext): Promise<SetupItem[]> {
  const { storage, config } = context
  const domains = await recordsOf(context)
  const [leads, answering, outward, certified, resolving, accounts, members] = await Promise.all([
    address(context),
    ports(config),
    portTwentyFive(context),
    certificate(context),
    resolver(config),
    listAccounts(storage),
    listMembers(storage),
  ])
  const { target, s3 } = config.backup
  const found: Found[] = [
    leads,
    reverse(domains.flatMap(({ records }) => records)),
    answering,
    outward,
    records(domains),
    certified,
    resolving,
    clock(),
    ['operator', accounts.some((one) => one.isOperator) ? 'there' : 'none'],
    ['staff', members.some((one) => one.endedAt === null) ? 'there' : 'none'],
    ['backups', target !== undefined || s3 !== undefined ? 'set' : 'none'],
  ]
  return found.map(([name, what, about = []]) => ({
    name,
    found: what,
    state: (FOUND[name] as Record<string, SetupState>)[what] as SetupState,
    about,
  }))
}

interface Looked {
  domain: string
  records: SeenRecord[]
}

async function recordsOf({ storage, config, dns }: SetupContext): Promise<Looked[]> {
  const { rows } = await storage.database.sql<{ domain: string }>`
    select domain from domain order by created_at, domain limit ${MOST_DOMAINS}`
  return Promise.all(
    rows.map(async ({ domain }) => ({ domain, records: await lookAtRecords(storage, config, dns, domain) })),
  )
}

/** The first that were added: later ones have a page of their own. */
const MOST_DOMAINS = 3

async function address({ config, dns }: SetupContext): Promise<Found> {
  const { hostname } = config
  try {
    const found = await dns.addresses(hostname)
    const leads = await openWhere(config, dns)(hostname)
    return ['address', leads === 'here' ? 'here' : 'elsewhere', [hostname, ...found]]
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return ['address', error.kind === 'absent' ? 'unknown' : 'silent', [hostname]]
  }
}

function reverse(all: readonly SeenRecord[]): Found {
  const seen = all.filter(({ record }) => record.kind === 'reverse')
  const [wrong] = seen.filter(({ standing }) => standing !== 'right')
  if (wrong === undefined) return ['reverse', seen.length > 0 ? 'fits' : 'missing']
  const found = wrong.standing === 'missing' ? 'missing' : wrong.standing === 'wrong' ? 'other' : 'silent'
  return ['reverse', found, [`${wrong.record.name} PTR ${wrong.record.value}`]]
}

async function ports(config: Config): Promise<Found> {
  const host = config.listen[0] as string
  const { http, https, smtp, submission, imap, pop3, managesieve } = config
  const receiving = [smtp.port, http.port, https.port]
  const people = [submission.tlsPort, submission.port, imap.tlsPort, imap.port, pop3.tlsPort, pop3.port]
  const wanted = [...receiving, ...people, managesieve.port]
  const answers = await Promise.all(wanted.map((port) => takesConnections(host, port)))
  const silent = wanted.filter((_, at) => answers[at] === false).map(String)
  return silent.length > 0 ? ['ports', 'silent', silent] : ['ports', 'answer', wanted.map(String)]
}

async function portTwentyFive({ config, dns, tryMailOf }: SetupContext): Promise<Found> {
  if (config.smarthost !== undefined) {
    const { host, port } = config.smarthost
    return ['port25', (await takesConnections(host, port)) ? 'open' : 'closed', [`${host}:${port}`]]
  }
  if (tryMailOf === undefined) return ['port25', 'notTried']
  try {
    const [exchanger] = await dns.mailExchangers(tryMailOf)
    if (exchanger === undefined) return ['port25', 'noExchanger', [tryMailOf]]
    const [host = exchanger.name] = (await dns.addresses(exchanger.name)).toSorted((a, b) => a.length - b.length)
    return ['port25', (await takesConnections(host, 25, true)) ? 'open' : 'closed', [exchanger.name]]
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return ['port25', 'noExchanger', [tryMailOf]]
  }
}

function records(domains: readonly Looked[]): Found {
  if (domains.length === 0) return ['records', 'noDomain']
  const of = (is: (seen: SeenRecord) => boolean): string[] =>
    domains
      .filter((one) => one.records.some((seen) => seen.record.need === 'needed' && is(seen)))
      .map((one) => one.domain)
  const missing = of(({ standing }) => standing === 'missing' || standing === 'wrong')
  if (missing.length > 0) return ['records', 'missing', missing]
  const silent = of(({ standing }) => standing === 'silent')
  return silent.length > 0 ? ['records', 'silent', silent] : ['records', 'right', domains.map(({ domain }) => domain)]
}

async function certificate({ config, storage }: SetupContext): Promise<Found> {
  if (config.tls.certificate !== undefined) return ['certificate', 'own']
  if (config.tls.acme === undefined) return ['certificate', 'selfMade']
  const { endsAt, trouble } = await certificateOf(storage.database, config.hostname)
  return endsAt !== null ? ['certificate', 'issued'] : ['certificate', 'waiting', trouble === null ? [] : [trouble]]
}

/** For each of two tries of a name server: somebody waits for it. */
const WAIT_MS = 1500

/** The root is signed: whoever validates says so of it, whether or not its word counts here. */
async function resolver({ dns }: Config): Promise<Found> {
  try {
    const { isSecure } = await openSecureDns({ dns: { ...dns, validates: true } }, WAIT_MS).ask('SOA', '.')
    return ['resolver', isSecure ? 'validates' : 'doesNot']
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return ['resolver', 'silent']
  }
}

/** What systemd-timesyncd says: the folder is there while it runs, the file once it has the time. */
function clock(): Found {
  const folder = '/run/systemd/timesync'
  if (!existsSync(folder)) return ['clock', 'unknown']
  return ['clock', existsSync(`${folder}/synchronized`) ? 'synchronised' : 'not']
}
