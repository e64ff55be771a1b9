import { Refusal } from '#system'
import type { Storage } from '#storage'
import { secretKey } from '../app-passwords/keys.ts'
import type { Scope } from '../app-passwords/scopes.ts'
import { bareSecret } from '../app-passwords/secret.ts'
import { noteUse, type ClientSaid } from '../app-passwords/use.ts'
import { addressKey } from '../directory/addresses.ts'
import type { Door } from '../doors/door.ts'
import { noteUsed } from '../idle/use.ts'
import { findSession } from '../sessions/find.ts'
import { attemptKeys, refuseWhileDelayed } from './attempts.ts'
import { checkBasic } from './check.ts'

/** What a program brings to sign in, beside its secret. */
export interface ClientCredentials {
  /** One of the account's addresses, in whatever case; without "+detail". */
  address: string
  /** Of the client, by networkOf. */
  network: string
  /** What the program comes for; undefined where it may do several things and each is looked at by itself. */
  scope: Scope | undefined
  /** Shown to the owner as the last use of an app password. */
  client?: ClientSaid | undefined
}

/** A program that has signed in. */
export interface ClientSignedIn {
  accountId: number
  isOperator: boolean
  /** Changes nothing and sends nothing. */
  readOnly: boolean
  /** What it may do; undefined for everything. */
  scopes: readonly Scope[] | undefined
  /** By what it came in: see onDoorClosed and doorIsOpen. */
  door: Door
}

/**
 * The one way by which programs sign in with address and password, whichever protocol they speak: with an app password,
 * which costs one query, else with the main password as checkBasic says, unless its owner has forbidden it to programs.
 * Whatever is wrong is one attempt, and looks the same.
 * @throws Refusal 'badCredentials'; 'tooManyAttempts' with the seconds to wait; 'overload'; 'forbidden' for an app password
 * that is right and not for this
 */
export async function signInClient(
  storage: Storage,
  credentials: ClientCredentials & { password: string },
): Promise<ClientSignedIn> {
  const { address, password, network, scope, client } = credentials
  const bare = bareSecret(password)
  const found = bare === undefined ? undefined : await findBySecret(storage, { address, network, bare })
  if (found !== undefined) return enter(storage, found, scope, client)
  const { accountId, isOperator, passwordSetAt: setAt } = await checkBasic(storage, { address, password, network })
  await noteUsed(storage, accountId)
  return { accountId, isOperator, readOnly: false, scopes: undefined, door: { by: 'password', setAt } }
}

/** For a token that this server gave to a program (RFC 7628, OAUTHBEARER). @throws Refusal 'badCredentials' */
export async function signInToken(storage: Storage, token: string, _scope: Scope): Promise<ClientSignedIn> {
  const found = await findSession(storage, token)
  if (found?.kind !== 'bearer') throw new Refusal('badCredentials')
  const { accountId, isOperator, sessionId: id } = found
  return { accountId, isOperator, readOnly: false, scopes: undefined, door: { by: 'session', id } }
}

/** An app password that was proven. */
export interface FoundAppPassword {
  id: number
  accountId: number
  isOperator: boolean
  scopes: Scope[]
  readOnly: boolean
  lastUsedAt: Date | null
}

async function findBySecret(
  storage: Storage,
  { address, network, bare }: { address: string; network: string; bare: string },
): Promise<FoundAppPassword | undefined> {
  const [directory, credentials, keys] = await Promise.all([
    storage.keys.serviceKey('directory'),
    storage.keys.serviceKey('credentials'),
    attemptKeys(storage, address, network),
  ])
  const [{ rows }] = await Promise.all([
    storage.database.sql<FoundAppPassword>`
      select app_password_id as id, account_id as "accountId", is_operator as "isOperator", scopes,
        is_read_only as "readOnly", last_used_at as "lastUsedAt"
      from address join account using (account_id) join app_password using (account_id)
      where address_key = ${addressKey(directory, address)} and is_on and not is_masked and secret_key = ${secretKey(credentials, bare)}
        and state in ('open', 'suspended')`,
    refuseWhileDelayed(storage, keys),
  ])
  return rows[0]
}

/** Lets a proven app password in, if it is for this. @throws Refusal 'forbidden' */
export async function enter(
  storage: Storage,
  found: FoundAppPassword,
  scope: Scope | undefined,
  client: ClientSaid = {},
): Promise<ClientSignedIn> {
  const { id, accountId, isOperator, scopes, readOnly } = found
  if (scope !== undefined && !scopes.includes(scope)) throw new Refusal('forbidden')
  // Whoever has the right one may go on reading when nothing can be written.
  await noteUse(storage, accountId, found, client).catch(() => undefined)
  await noteUsed(storage, accountId)
  return { accountId, isOperator, readOnly, scopes, door: { by: 'appPassword', id } }
}
