import { now, nowMs, Refusal, today } from '#system'
import type { Storage } from '#storage'
import { addressKey } from '../directory/addresses.ts'

/**
 * How fast passwords may be guessed. `delays` are the seconds to wait after the first, second … failure; one failure is
 * forgiven for every `forgiveSeconds` that pass without another. An account is counted per network, so that a stranger
 * elsewhere never locks its owner out; a network is counted over all accounts, with room for an office's typing errors.
 */
const LIMITS = {
  account: { delays: [...free(5), ...growing()], forgiveSeconds: 1800 },
  network: { delays: [...free(30), ...growing()], forgiveSeconds: 60 },
}

/** For a pair of address and password that is known to be wrong and comes again (remembered.ts). */
export const REPEAT_DELAYS: readonly number[] = LIMITS.account.delays

function free(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}

/** Seconds: 2, 4, 8 … 512, and 15 minutes from then on. */
function growing(): number[] {
  return [...Array.from({ length: 9 }, (_, i) => 2 ** (i + 1)), 900]
}

/** What attempts are counted under. Under the day's key: tomorrow nobody can tell whom a row was about. */
export interface AttemptKeys {
  account: Buffer
  network: Buffer
}

export async function attemptKeys(storage: Storage, address: string, network: string): Promise<AttemptKeys> {
  const [day, directory] = await Promise.all([storage.keys.dayKey(), storage.keys.serviceKey('directory')])
  // By the hash of the address rather than the account's id: an address that nobody has is counted the same way.
  const account = addressKey(directory, address).toString('base64url')
  return { account: day.hash(`account\0${account}\0${network}`), network: day.hash(`network\0${network}`) }
}

export function tooManyAttempts(until: Date): Refusal {
  return new Refusal('tooManyAttempts', {
    retryAfterSeconds: Math.max(1, Math.ceil((until.getTime() - nowMs()) / 1000)),
  })
}

/** For who need not be counted when they are right. @throws Refusal 'tooManyAttempts' while a delay runs */
export async function refuseWhileDelayed(storage: Storage, keys: AttemptKeys): Promise<void> {
  const { rows } = await storage.database.sql<{ until: Date | null }>`
    select max(until) as until from sign_in_attempt
    where attempt_key in (${keys.account}, ${keys.network}) and until > ${now()}`
  const until = rows[0]?.until ?? null
  if (until !== null) throw tooManyAttempts(until)
}

/** One attempt, counted as a failure before its outcome is known: a thousand at once are a thousand. */
export interface Attempt {
  /** The password was right: the account's failures from here are forgiven, the network's stay, less this one. */
  succeed(): Promise<void>
  /** It was not decided after all. */
  undo(): Promise<void>
}

interface Count {
  key: Buffer
  /** When the next attempt may come, as this one has set it. */
  until: Date | null
}

/** @throws Refusal 'tooManyAttempts' while a delay runs */
export async function countAttempt(storage: Storage, keys: AttemptKeys): Promise<Attempt> {
  const network = await count(storage, keys.network, LIMITS.network)
  const account = await count(storage, keys.account, LIMITS.account).catch(async (error: unknown) => {
    await uncount(storage, network)
    throw error
  })
  return {
    async succeed() {
      await Promise.all([
        uncount(storage, network),
        storage.database.sql`delete from sign_in_attempt where attempt_key = ${account.key}`,
      ])
    },
    async undo() {
      await Promise.all([uncount(storage, network), uncount(storage, account)])
    },
  }
}

async function count(
  storage: Storage,
  key: Buffer,
  limit: { delays: number[]; forgiveSeconds: number },
): Promise<Count> {
  const { delays, forgiveSeconds } = limit
  const at = now()
  const { rows } = await storage.database.sql<{ until: Date | null }>`
    insert into sign_in_attempt as known (attempt_key, failures, counted_at, day) values (${key}, 1, ${at}, ${today()})
    on conflict (attempt_key) do update set (failures, counted_at, until) = (
      select next, ${at}::timestamptz, ${at}::timestamptz + make_interval(secs => nullif((${delays}::int[])[next], 0))
      from (
        select least(${delays.length}, 1 + greatest(0, known.failures - greatest(0, floor(extract(epoch from
          ${at}::timestamptz - coalesce(known.until, known.counted_at)) / ${forgiveSeconds}))))::int as next) counted)
    where known.until is null or known.until <= ${at}
    returning until`
  if (rows[0] !== undefined) return { key, until: rows[0].until }
  const { rows: running } = await storage.database.sql<{ until: Date | null }>`
    select until from sign_in_attempt where attempt_key = ${key}`
  throw tooManyAttempts(running[0]?.until ?? at)
}

/** Takes a count back, and the delay it brought unless another attempt has set one since. */
async function uncount(storage: Storage, { key, until }: Count): Promise<void> {
  await storage.database.sql`
    update sign_in_attempt set failures = failures - 1, until = case when until = ${until} then null else until end
    where attempt_key = ${key} and failures > 0`
}
