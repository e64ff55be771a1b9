import { readFileSync, statSync } from 'node:fs'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import {
  certificateFiles,
  loadCertificate,
  now,
  nowMs,
  onceUntilOver,
  type Certificate,
  type Config,
  type Log,
  type ServerCertificates,
} from '#system'
import type { Storage } from '#storage'
import { openTlsKey, pemOf } from './key.ts'

/** The channel on which processes hear of a new certificate. */
export const CHANGED = 'zegel_certificate'

export interface LiveCertificates extends ServerCertificates {
  /** Looks now whether there are others. */
  look(): Promise<void>
  close(): Promise<void>
}

export interface LiveOptions {
  config: Config
  /** Where certificates of an authority are kept; without it those of files only. */
  storage?: Storage | undefined
  log: Log
  /** Between two looks; tests have theirs. */
  everyMs?: number
}

const EVERY_MS = 10_000

/** How often it is looked whether the self-made one ends soon. */
const SELF_MADE_MS = 3_600_000

/** What is shown, and the context made of it when it is first asked for: a server may have thousands. */
interface Shown extends Certificate {
  context?: SecureContext
}

const contextOf = (shown: Shown): SecureContext =>
  (shown.context ??= createSecureContext({ cert: shown.cert, key: shown.key }))

/**
 * The certificates of this server: those that an authority issued, else the operator's files, else a self-made one. Looks every few
 * seconds, and when another process says so, whether there are newer ones; what cannot be read or does not fit changes nothing.
 */
export async function openCertificates({
  config,
  storage,
  log,
  everyMs = EVERY_MS,
}: LiveOptions): Promise<LiveCertificates> {
  const kept = config.tls.acme === undefined ? undefined : storage
  const listeners = new Set<(own: Certificate) => void>()
  const files = openFiles(config)
  let base: Shown = await files.first()
  let issued = { change: '', ends: Infinity, byName: new Map<string, Shown>() }
  let own: Shown = base
  const outage = onceUntilOver(
    (message) => log.warn({}, message),
    'a newer certificate could not be read: the one before it is shown on',
    'newer certificates are read again',
  )

  const choose = (): void => {
    const chosen = issued.byName.get(config.hostname.toLowerCase()) ?? base
    if (chosen.cert === own.cert && chosen.key === own.key) return
    own = chosen
    for (const listener of listeners) listener(own)
  }

  const look = async (): Promise<void> => {
    try {
      base = (await files.newer()) ?? base
      if (kept !== undefined) issued = (await readIssued(kept, issued)) ?? issued
      choose()
      outage.over()
    } catch {
      outage.trouble()
    }
  }
  let looking: Promise<void> | undefined
  const lookSoon = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)))

  await look()
  const unlisten = await kept?.database.listen(CHANGED, () => {
    // One that looks already may have looked before the change.
    void (looking ?? Promise.resolve()).then(lookSoon)
  })
  const timer = setInterval(() => void lookSoon(), everyMs).unref()
  return {
    get own() {
      return { cert: own.cert, key: own.key }
    },
    contextFor: (name) => contextOf((name === undefined ? undefined : issued.byName.get(name.toLowerCase())) ?? own),
    hear(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    look: lookSoon,
    async close() {
      clearInterval(timer)
      await looking
      await unlisten?.()
    },
  }
}

/** The operator's files, or the self-made ones. */
function openFiles(config: Config) {
  const { cert, key, isSelfMade } = certificateFiles(config)
  const stamp = (): string =>
    [cert, key]
      .map((file) => statSync(file, { throwIfNoEntry: false }))
      .map((stat) => (stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`))
      .join(' ')
  let seen = ''
  let madeAt = 0
  return {
    async first(): Promise<Certificate> {
      const loaded = await loadCertificate(config)
      seen = stamp()
      madeAt = nowMs()
      return loaded
    },
    /** @throws when they are no pair */
    async newer(): Promise<Certificate | undefined> {
      if (isSelfMade) return nowMs() - madeAt < SELF_MADE_MS ? undefined : this.first()
      const current = stamp()
      if (current === seen) return undefined
      const read = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
      // Whoever renews writes one after the other.
      if (!new X509Certificate(read.cert).checkPrivateKey(createPrivateKey(read.key))) throw new Error('no pair')
      createSecureContext(read)
      seen = current
      return read
    },
  }
}

interface Row {
  key_id: string
  names: string[]
  chain: string
  not_after: Date
  private_key: Buffer
}

/** @returns undefined when nothing has changed */
async function readIssued(
  { database, keys }: Storage,
  { change, ends }: { change: string; ends: number },
): Promise<{ change: string; ends: number; byName: Map<string, Shown> } | undefined> {
  const { rows: newest } = await database.sql<{ change: string }>`
    select count(*) || ' ' || sum(change) as change from certificate`
  const latest = newest[0]?.change ?? ''
  // One that has ended makes way for what else there is.
  if (latest === change && nowMs() < ends) return undefined
  const { rows } = await database.sql<Row>`
    select c.key_id, c.names, c.chain, c.not_after, k.private_key from certificate c join tls_key k using (key_id)
    where c.chain is not null and k.private_key is not null and c.not_after > ${now()}
    order by c.purpose, c.not_after`
  const service = await keys.serviceKey('certificates')
  const byName = new Map<string, Shown>()
  for (const row of rows) {
    const shown: Shown = { cert: row.chain, key: pemOf(openTlsKey(service, row.key_id, row.private_key)) }
    // The server's own come last, and count.
    for (const name of row.names) byName.set(name, shown)
  }
  return { change: latest, ends: Math.min(...rows.map(({ not_after }) => not_after.getTime())), byName }
}
