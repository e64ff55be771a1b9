import { now, Refusal } from '#system'
import type { Storage } from '#storage'
import { addressKey } from '../directory/addresses.ts'
import { openPassword } from '../passwords/change.ts'
import { DECOY, fitsPassword } from '../passwords/hash.ts'
import { isTooLong } from '../passwords/rules.ts'
import { inTurn } from '../passwords/turns.ts'
import { attemptKeys, countAttempt, tooManyAttempts, type AttemptKeys } from './attempts.ts'
import { pairKey, recall, remember } from './remembered.ts'

/** What somebody brings to sign in, and from where. */
export interface Credentials {
  /** One of the account's addresses, in whatever case; without "+detail". */
  address: string
  password: string
  /** Of the client, by networkOf. */
  network: string
}

/** Whose password it was. */
export interface SignedIn {
  accountId: number
  isOperator: boolean
  /** When the password that was given was set. */
  passwordSetAt: Date
  /** Whether the password alone lets nobody in: beginFactor. Never for a program, which has no second one. */
  asksFactor: boolean
}

/**
 * Checks address and password. An unknown address, a closed account and a wrong password cannot be told apart, neither
 * by the answer nor by its time.
 * @throws Refusal 'badCredentials'; 'tooManyAttempts' with the seconds to wait; 'overload' when too many are being checked
 */
export const checkPassword = async (storage: Storage, credentials: Credentials): Promise<SignedIn> =>
  signedIn(await check(storage, credentials, {}))

/**
 * The same for a page that can offer to reopen the account: the password of a closed one is right as well. Nobody is signed
 * in to it thereby.
 */
export async function checkForReopening(
  storage: Storage,
  credentials: Credentials,
): Promise<SignedIn & { isClosed: boolean }> {
  const found = await check(storage, credentials, { admitsClosed: true })
  return { ...signedIn(found), isClosed: found.isClosed }
}

/**
 * The same for a program: a password that its owner has forbidden to programs, or that lets in nobody without a second factor,
 * is one like any other that is wrong.
 */
export const checkForProgram = async (storage: Storage, credentials: Credentials): Promise<SignedIn> =>
  signedIn(await check(storage, credentials, { isProgram: true }))

/**
 * The same for programs that bring address and password again and again, as with every request of HTTP Basic (RFC 7617): a
 * pair that was right is believed for five minutes in this process, while the account stands and its password stays the
 * one it was compared with. That is one query each time, so a change of password tells at once in every process.
 */
export const checkBasic = async (storage: Storage, credentials: Credentials): Promise<SignedIn> =>
  signedIn(await check(storage, credentials, { isProgram: true, remembers: true }))

async function check(
  storage: Storage,
  credentials: Credentials,
  {
    isProgram = false,
    remembers = false,
    admitsClosed = false,
  }: { isProgram?: boolean; remembers?: boolean; admitsClosed?: boolean },
): Promise<Found> {
  const { address, password, network } = credentials
  if (isTooLong(password)) throw new Refusal('badCredentials')
  const keys = await attemptKeys(storage, address, network)
  const pair = remembers ? pairKey(address, network, password) : undefined
  const known = async (): Promise<{ found: Found | undefined; answer: Found | undefined }> => {
    const { found: owned, waitUntil } = await lookUp(storage, address, keys, admitsClosed)
    if (waitUntil !== null) throw tooManyAttempts(waitUntil)
    const found = isProgram && owned !== undefined && !letsIn(owned) ? undefined : owned
    return { found, answer: remembered(pair, found) }
  }

  const { answer } = await known()
  if (answer !== undefined) return answer
  return inTurn(async () => {
    // Asked again after the wait: the password may have changed, and of a client's ten connections with the same pair
    // the first may have answered for all.
    const { found, answer } = await known()
    if (answer !== undefined) return answer
    const attempt = await countAttempt(storage, keys)
    const isRight = await fits(storage, password, found).catch(async (error: unknown) => {
      await attempt.undo()
      throw error
    })
    if (pair !== undefined) remember(pair, found, isRight)
    if (!isRight || found === undefined) throw new Refusal('badCredentials')
    await attempt.succeed()
    return found
  })
}

const letsIn = ({ letsProgramsIn, asksFactor }: Found): boolean => letsProgramsIn && !asksFactor

const signedIn = ({ accountId, isOperator, changedAt, asksFactor }: Found): SignedIn => ({
  accountId,
  isOperator,
  passwordSetAt: changedAt,
  asksFactor,
})

function remembered(pair: string | undefined, found: Found | undefined): Found | undefined {
  const outcome = pair === undefined ? undefined : recall(pair, found)
  if (outcome === 'wrong') throw new Refusal('badCredentials')
  if (typeof outcome === 'object') throw tooManyAttempts(outcome.waitUntil)
  return outcome === 'right' ? found : undefined
}

async function fits(storage: Storage, password: string, found: Found | undefined): Promise<boolean> {
  return fitsPassword(
    password,
    found === undefined ? DECOY : await openPassword(storage, found.accountId, found.sealed),
  )
}

interface Found {
  accountId: number
  isOperator: boolean
  isClosed: boolean
  sealed: Buffer
  changedAt: Date
  letsProgramsIn: boolean
  asksFactor: boolean
}

/** One query: whose address it is, what the password is compared with, and whether a delay runs. */
async function lookUp(
  storage: Storage,
  address: string,
  keys: AttemptKeys,
  admitsClosed: boolean,
): Promise<{ found: Found | undefined; waitUntil: Date | null }> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<(Found | { accountId: null }) & { waitUntil: Date | null }>`
    select "waitUntil", account_id as "accountId", is_operator as "isOperator", is_closed as "isClosed", sealed,
      changed_at as "changedAt", lets_programs_in as "letsProgramsIn", asks_factor as "asksFactor"
    from (
      select max(until) as "waitUntil" from sign_in_attempt
      where attempt_key in (${keys.account}, ${keys.network}) and until > ${now()}) delay
    left join (
      select account_id, is_operator, state = 'closed' as is_closed, password.sealed, changed_at, lets_programs_in, asks_factor
      from address join account using (account_id) join password using (account_id)
      where address_key = ${addressKey(directory, address)} and is_on and not is_masked and (state in ('open', 'suspended') or (${admitsClosed} and state = 'closed'))) found on true`
  const [row] = rows
  if (row === undefined || row.accountId === null) return { found: undefined, waitUntil: row?.waitUntil ?? null }
  return { found: row, waitUntil: row.waitUntil }
}
