import { now } from '#system'
import type { Database } from '../database/connect.ts'
import { newKeyPair } from '../sealing/box.ts'
import { paperId, type Paper } from './paper.ts'

/**
 * Makes a recovery key in the place of the one before. The database keeps the public half alone: it seals each new epoch for
 * the paper, and opens nothing that lies on it.
 */
export async function newRecoveryKey(database: Database): Promise<Paper> {
  const { publicKey, privateKey } = newKeyPair()
  await database.sql`
    insert into keys.recovery (public_key, made_at) values (${publicKey}, ${now()})
    on conflict (only_one) do update set public_key = excluded.public_key, made_at = excluded.made_at`
  return { id: paperId(publicKey), key: privateKey }
}
