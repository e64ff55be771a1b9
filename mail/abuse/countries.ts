import { listAppPasswords, listSessions, type Door } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import { nowMs } from '#system'

/** By what, and from where, a letter is handed in. */
export interface SentBy {
  door: Door
  /** ISO 3166, two letters; without it that of the session or app password counts. */
  country?: string | undefined
}

/** When a country was first and last sent from, in milliseconds. */
type Seen = Record<string, { first: number; last: number }>

const DAY_MS = 86_400_000

/** A country is known after this time: what a thief begins with must not excuse what follows. */
const SETTLED_MS = 3 * DAY_MS
/** And forgotten after this. */
const KEPT_MS = 60 * DAY_MS
/** A session or an app password says something about so long. */
const RECENT_MS = 30 * DAY_MS
/** Countries of one account; the one that was left longest ago makes room. */
const MOST = 20

export interface Whence {
  isNew: boolean
  /** Notes the country, once the letter may leave. */
  note(): Promise<void>
}

/** Whether an account sends from where nobody came in before. Where nothing is known, nothing is new. */
export async function whenceOf(storage: Storage, account: OpenAccount, by: SentBy | undefined): Promise<Whence> {
  const country = by === undefined ? undefined : (by.country ?? (await countryOfDoor(storage, account, by.door)))
  if (by === undefined || country === undefined) return { isNew: false, note: async () => undefined }
  const seen = await readSeen(account)
  const time = nowMs()
  const known = new Set(Object.keys(seen).filter((name) => time - (seen[name]?.first ?? time) >= SETTLED_MS))
  const isNew =
    !known.has(country) && !(await cameFrom(storage, account, by.door, known)).has(country) && known.size > 0
  return {
    isNew,
    async note() {
      const before = seen[country]
      if (before !== undefined && time - before.last < DAY_MS) return
      const all: Seen = { ...seen, [country]: { first: before?.first ?? time, last: time } }
      const kept = Object.entries(all)
        .filter(([, { last }]) => time - last < KEPT_MS)
        .toSorted(([, a], [, b]) => b.last - a.last)
        .slice(0, MOST)
      const sealed = account.seal('sent_from', account.id, JSON.stringify(Object.fromEntries(kept)))
      await account.sql`
        insert into sent_from (account_id, sealed) values (${account.id}, ${sealed})
        on conflict (account_id) do update set sealed = excluded.sealed`
    },
  }
}

/** The countries that an account has sent from, for its owner. */
export async function countriesSentFrom(
  account: OpenAccount,
): Promise<{ country: string; firstAt: Date; lastAt: Date }[]> {
  return Object.entries(await readSeen(account)).map(([country, { first, last }]) => ({
    country,
    firstAt: new Date(first),
    lastAt: new Date(last),
  }))
}

async function readSeen(account: OpenAccount): Promise<Seen> {
  const { rows } = await account.sql<{ sealed: Buffer }>`select sealed from sent_from where account_id = ${account.id}`
  const [row] = rows
  return row === undefined ? {} : (JSON.parse(account.open('sent_from', account.id, row.sealed).toString()) as Seen)
}

/** Adds where people came in by other doors, which have been there for a while. */
async function cameFrom(storage: Storage, account: OpenAccount, door: Door, known: Set<string>): Promise<Set<string>> {
  const [sessions, appPasswords] = await Promise.all([
    listSessions(storage, account),
    listAppPasswords(storage, account),
  ])
  const time = nowMs()
  const others = [
    ...sessions.map((one) => ({ ...one, by: 'session' as const })),
    ...appPasswords.map((one) => ({ ...one, by: 'appPassword' as const })),
  ]
  for (const { by, id, country, createdAt, lastUsedAt } of others)
    if (
      country !== null &&
      !(door.by === by && door.id === id) &&
      time - createdAt.getTime() >= SETTLED_MS &&
      time - (lastUsedAt?.getTime() ?? 0) < RECENT_MS
    )
      known.add(country)
  return known
}

async function countryOfDoor(storage: Storage, account: OpenAccount, door: Door): Promise<string | undefined> {
  if (door.by === 'password') return undefined
  const all = door.by === 'session' ? await listSessions(storage, account) : await listAppPasswords(storage, account)
  return all.find(({ id }) => id === door.id)?.country ?? undefined
}
