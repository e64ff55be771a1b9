import { randomBytes } from 'node:crypto'
import { Refusal } from '#system'
import type { ServiceKey, Storage } from '#storage'
import { MOST_APP_PASSWORDS } from '../app-passwords/create.ts'
import { ITERATIONS, openScram, scramSalt, sealKeys } from '../app-passwords/keys.ts'
import { fitsProof, SCRAM_BYTES, serverSignature, type ScramKeys } from '../app-passwords/scram.ts'
import { addressKey } from '../directory/addresses.ts'
import { attemptKeys, countAttempt, refuseWhileDelayed } from './attempts.ts'
import { enter, type ClientCredentials, type ClientSignedIn, type FoundAppPassword } from './client.ts'

/** An exchange of SCRAM-SHA-256 (RFC 5802 §3, RFC 7677) as far as the server's first message. */
export interface ScramSignIn {
  salt: Buffer
  iterations: number
  /**
   * Ends the exchange. A wrong proof is an attempt like a wrong password.
   * @param proof  ClientProof, decoded
   * @param authMessage  client-first-message-bare, server-first-message and client-final-message-without-proof, with
   * commas between them
   * @throws Refusal as signInClient
   */
  finish(last: { proof: Uint8Array; authMessage: string }): Promise<ClientSignedIn & { serverSignature: Buffer }>
}

/** An AuthMessage of ours and of an honest client is far shorter, whatever the address. */
const LONGEST_MESSAGE = 4096

/**
 * Signs a program in by SCRAM, with an app password alone: nothing that SCRAM could compare with is kept of a main one.
 * The first message names the address and not the app password, so the proof is tried against each of the account's; it is
 * always tried against as many as an account may have, so that its time tells nothing about the account.
 */
export async function scramSignIn(storage: Storage, credentials: ClientCredentials): Promise<ScramSignIn> {
  const { address, network, scope, client } = credentials
  const service = await storage.keys.serviceKey('credentials')
  return {
    salt: scramSalt(service),
    iterations: ITERATIONS,
    async finish({ proof, authMessage }) {
      const keys = await attemptKeys(storage, address, network)
      const [candidates] = await Promise.all([find(storage, address), refuseWhileDelayed(storage, keys)])
      const isWellFormed = proof.length === SCRAM_BYTES && authMessage.length <= LONGEST_MESSAGE
      const proven = isWellFormed ? prove(service, candidates, proof, authMessage) : undefined
      if (proven === undefined) {
        await countAttempt(storage, keys)
        throw new Refusal('badCredentials')
      }
      const signedIn = await enter(storage, proven.found, scope, client)
      return { ...signedIn, serverSignature: serverSignature(proven.keys, authMessage) }
    },
  }
}

interface Candidate extends FoundAppPassword {
  scram: Buffer
}

async function find(storage: Storage, address: string): Promise<Candidate[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<Candidate>`
    select app_password_id as id, account_id as "accountId", is_operator as "isOperator", scopes,
      is_read_only as "readOnly", last_used_at as "lastUsedAt", scram
    from address join account using (account_id) join app_password using (account_id)
    where address_key = ${addressKey(directory, address)} and is_on and not is_masked and state in ('open', 'suspended')
    limit ${MOST_APP_PASSWORDS}`
  return rows
}

function prove(
  service: ServiceKey,
  candidates: readonly Candidate[],
  proof: Uint8Array,
  authMessage: string,
): { found: Candidate; keys: ScramKeys } | undefined {
  let proven: { found: Candidate; keys: ScramKeys } | undefined
  for (let i = 0; i < MOST_APP_PASSWORDS; i++) {
    const found = candidates[i]
    const { accountId, id, scram } = found ?? decoyOf(service)
    for (const keys of openScram(service, accountId, id, scram))
      if (fitsProof(keys, proof, authMessage) && found !== undefined) proven = { found, keys }
  }
  return proven
}

interface Decoy {
  accountId: number
  id: number
  scram: Buffer
}

const decoys = new WeakMap<ServiceKey, Decoy>()

/** What a proof is tried against where there is no app password: it costs the same and fits nothing. */
function decoyOf(service: ServiceKey): Decoy {
  let decoy = decoys.get(service)
  if (decoy === undefined)
    decoys.set(service, (decoy = { accountId: 0, id: 0, scram: sealKeys(service, 0, 0, randomBytes(4 * SCRAM_BYTES)) }))
  return decoy
}
