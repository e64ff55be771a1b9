import { generateKeyPairSync } from 'node:crypto'
import { now, Refusal, today } from '#system'
import { newAccountId, runWorks, type Storage, type Transaction } from '#storage'
import { insertAddress } from './directory/addresses.ts'
import { normalizeForDirectory } from './directory/normalize.ts'
import { insertPassword, sealPassword } from './passwords/change.ts'
import { newSettings, type Settings } from './settings.ts'

export interface NewAccount {
  address: string
  password: string
  isOperator?: boolean | undefined
  language?: Settings['language'] | undefined
  /** A stranger makes it: how much it may send grows with its age. */
  beginsSmall?: boolean
}

/** The number of an account's first change. */
const FIRST = 1

/**
 * Makes a person's account: row, key, key pair, address, password and settings, and whatever `furnish` adds, such as
 * folders, in one transaction.
 * @param furnish  runs in the account's first change; when it fails, nothing remains
 * @returns the account's id
 * @throws Refusal 'invalid' with the fields at fault, 'domainUnknown', 'addressTaken', 'addressFormer'
 */
export async function createAccount(
  storage: Storage,
  { address, password, isOperator = false, language = 'en', beginsSmall = false }: NewAccount,
  furnish: (tx: Transaction) => Promise<void>,
): Promise<number> {
  const parsed = normalizeForDirectory(address)
  // "+" begins the detail of somebody else's address (findAddressee); what must be quoted is more than forms can take.
  if (parsed === undefined || /[+"]/.test(parsed.address)) throw new Refusal('invalid', { fields: ['address'] })
  const id = newAccountId()
  const [directory, sealedPassword] = await Promise.all([
    storage.keys.serviceKey('directory'),
    sealPassword(storage, id, password),
  ])
  const { publicKey, privateKey } = newKeyPair()

  await storage.database.transaction(async (sql, last) => {
    const { rowCount } = await sql`select from domain where domain = ${parsed.domain}`
    if (rowCount === 0) throw new Refusal('domainUnknown')
    const account = storage.accountWithKey(id, await storage.keys.newAccountKey(sql, id))
    await sql`
      insert into account (account_id, kind, state, is_operator, begins_small, public_key, private_key, settings, settings_change, change, created_at, last_used_on)
      values (${id}, 'person', 'open', ${isOperator}, ${beginsSmall}, ${publicKey}, ${account.seal('account', 'private_key', privateKey)},
              ${newSettings(account, { language })}, ${FIRST}, ${FIRST}, ${now()}, ${today()})`
    if (!(await insertAddress(sql, directory, id, parsed, 'primary'))) throw new Refusal('addressTaken')
    await insertPassword(sql, id, sealedPassword)
    await runWorks(account, sql, last, FIRST, [{ account, work: furnish }])
  })
  return id
}

/** X25519 (RFC 7748), each half raw, 32 bytes. What others seal for this account is sealed to the public half. */
function newKeyPair(): { publicKey: Buffer; privateKey: Buffer } {
  const { x, d } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  return { publicKey: Buffer.from(x as string, 'base64url'), privateKey: Buffer.from(d as string, 'base64url') }
}
