import { randomBytes } from 'node:crypto'
import { now, Refusal, today } from '#system'
import { newId, type OpenAccount, type ServiceKey, type Sql, type Storage } from '#storage'
import { appPasswordName } from '../app-passwords/name.ts'
import { addressesOf } from '../directory/addresses.ts'
import { creationOptions, verifyCreation, type CreationOptions, type KnownPasskey } from '../factors/passkeys.ts'
import { confirmPassword } from '../signin/own.ts'
import { giveStep, readStep, useStep } from '../steps/step.ts'
import { changeFactors, type Announce, type Changed } from './change.ts'

/** Passkeys of one account. */
export const MOST_PASSKEYS = 20

/** From asking for the password to touching the key. */
const MINUTES = 15

const NEW = 'new passkey'

/** A passkey as it is kept. */
export interface KeptPasskey extends KnownPasskey {
  accountId: number
  id: number
  counter: number
}

interface Row {
  account_id: number
  passkey_id: number
  sealed: Buffer
  counter: number
}

const passkeyKey = (credentials: ServiceKey, credentialId: string): Buffer =>
  credentials.hash(`passkey\0${credentialId}`)
const placeOf = (accountId: number, id: number): string => `passkey/${accountId}/${id}`

/** By which an authenticator tells one account's passkeys from another's: nothing that says whose it is (§14.6.1). */
export const userHandle = (credentials: ServiceKey, accountId: number): string =>
  credentials.hash(`passkey user\0${accountId}`).toString('base64url')

export const newChallenge = (): string => randomBytes(32).toString('base64url')

const kept = (credentials: ServiceKey, row: Row): KeptPasskey => ({
  ...(JSON.parse(credentials.open(placeOf(row.account_id, row.passkey_id), row.sealed).toString()) as KnownPasskey),
  accountId: row.account_id,
  id: row.passkey_id,
  counter: row.counter,
})

export async function passkeysOf(storage: Storage, accountId: number): Promise<KeptPasskey[]> {
  const credentials = await storage.keys.serviceKey('credentials')
  const { rows } = await storage.database.sql<Row>`
    select account_id, passkey_id, sealed, counter from passkey where account_id = ${accountId} order by passkey_id`
  return rows.map((row) => kept(credentials, row))
}

/** Whose passkey it is, before anybody is known. */
export async function findPasskey(storage: Storage, credentialId: string): Promise<KeptPasskey | undefined> {
  const credentials = await storage.keys.serviceKey('credentials')
  const { rows } = await storage.database.sql<Row>`
    select account_id, passkey_id, sealed, counter from passkey
    where credential_key = ${passkeyKey(credentials, credentialId)}`
  return rows[0] && kept(credentials, rows[0])
}

/** Notes that a passkey has served, to the day. @throws Refusal 'badCredentials' when it has counted on meanwhile, or is gone */
export async function notePasskey(sql: Sql, { accountId, id, counter }: KeptPasskey, next: number): Promise<void> {
  const { rowCount } = await sql`
    update passkey set counter = ${next}, last_used_on = ${today()}
    where account_id = ${accountId} and passkey_id = ${id} and counter = ${counter}`
  if (rowCount === 0) throw new Refusal('badCredentials')
}

interface NewPasskey {
  challenge: string
  origin: string
  setAt: number
}

/**
 * Begins a new passkey for whoever knows the password.
 * @param origin  of the page on which it is made
 * @returns what the browser is asked, and a token for the step after
 * @throws Refusal as confirmPassword; 'tooManyItems'
 */
export async function beginPasskey(
  storage: Storage,
  account: OpenAccount,
  { password, origin, service }: { password: string; origin: string; service: string },
): Promise<{ options: CreationOptions; token: string }> {
  const setAt = await confirmPassword(storage, account.id, password)
  const known = await passkeysOf(storage, account.id)
  if (known.length >= MOST_PASSKEYS) throw new Refusal('tooManyItems')
  const [credentials, [name = '']] = await Promise.all([
    storage.keys.serviceKey('credentials'),
    addressesOf(storage, account.id),
  ])
  const challenge = newChallenge()
  const user = { handle: userHandle(credentials, account.id), name }
  const content: NewPasskey = { challenge, origin, setAt: setAt.getTime() }
  return {
    options: await creationOptions({ challenge, origin }, { service, user, known }),
    token: await giveStep(storage, `${NEW} ${account.id}`, content, MINUTES),
  }
}

/**
 * Adds the passkey that the browser has made.
 * @param credential  as the browser gave it
 * @throws Refusal 'expired'; 'badCredentials' when it does not fit; 'invalid' with the field `name`; 'exists'; 'tooManyItems'
 */
export async function addPasskey(
  storage: Storage,
  account: OpenAccount,
  {
    token,
    name,
    credential,
    keptSession,
  }: { token: string; name: string; credential: unknown; keptSession?: string | undefined },
  announce: Announce,
): Promise<Changed & { id: number }> {
  const wished = appPasswordName(name)
  const { challenge, origin, setAt, endsMs } = await readStep<NewPasskey>(storage, `${NEW} ${account.id}`, token)
  const { counter, ...made } = await verifyCreation({ challenge, origin }, credential)
  const credentials = await storage.keys.serviceKey('credentials')
  const id = newId()
  const sealed = credentials.seal(placeOf(account.id, id), JSON.stringify(made))
  const changed = await changeFactors(
    storage,
    account.id,
    { passwordSetAt: new Date(setAt), keptSession, change: 'passkeyAdded', announce },
    async (sql) => {
      await useStep(storage, sql, token, endsMs)
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from passkey where account_id = ${account.id}`
      if ((rows[0]?.count ?? 0) >= MOST_PASSKEYS) throw new Refusal('tooManyItems')
      const { rowCount } = await sql`
        insert into passkey (credential_key, account_id, passkey_id, sealed, name, counter, created_at)
        values (${passkeyKey(credentials, made.credentialId)}, ${account.id}, ${id}, ${sealed},
                ${account.seal('passkey', id, wished)}, ${counter}, ${now()})
        on conflict (credential_key) do nothing`
      if (rowCount === 0) throw new Refusal('exists')
    },
  )
  return { ...changed, id }
}

/** A passkey as its owner sees it. */
export interface Passkey {
  id: number
  name: string
  createdAt: Date
  /** Such as `2026-11-29`; null before the first time. */
  lastUsedOn: string | null
  /** Whether its owner's other devices have it, too. */
  isBackedUp: boolean
  rpId: string
}

export async function listPasskeys(storage: Storage, account: OpenAccount): Promise<Passkey[]> {
  const credentials = await storage.keys.serviceKey('credentials')
  const { rows } = await storage.database.sql<Row & { name: Buffer; created_at: Date; last_used_on: string | null }>`
    select account_id, passkey_id, sealed, counter, name, created_at, last_used_on::text as last_used_on
    from passkey where account_id = ${account.id} order by passkey_id`
  return rows.map((row) => {
    const { isBackedUp, rpId } = kept(credentials, row)
    return {
      id: row.passkey_id,
      name: account.open('passkey', row.passkey_id, row.name).toString(),
      createdAt: row.created_at,
      lastUsedOn: row.last_used_on,
      isBackedUp,
      rpId,
    }
  })
}

/** @returns the name as it is kept. @throws Refusal 'invalid' with the field `name`, 'notFound' */
export async function renamePasskey(storage: Storage, account: OpenAccount, id: number, name: string): Promise<string> {
  const wished = appPasswordName(name)
  const { rowCount } = await storage.database.sql`
    update passkey set name = ${account.seal('passkey', id, wished)}
    where account_id = ${account.id} and passkey_id = ${id}`
  if (rowCount === 0) throw new Refusal('notFound')
  return wished
}

/** @throws Refusal as confirmPassword; 'notFound' */
export async function removePasskey(
  storage: Storage,
  account: OpenAccount,
  { id, password, keptSession }: { id: number; password: string; keptSession?: string | undefined },
  announce: Announce,
): Promise<void> {
  const passwordSetAt = await confirmPassword(storage, account.id, password)
  await changeFactors(
    storage,
    account.id,
    { passwordSetAt, keptSession, change: 'passkeyRemoved', announce },
    async (sql) => {
      const { rowCount } = await sql`delete from passkey where account_id = ${account.id} and passkey_id = ${id}`
      if (rowCount === 0) throw new Refusal('notFound')
    },
  )
}
