import { SealBroken, type OpenAccount, type Sql } from '#storage'
import { readTraining, sizeOf, UNTAUGHT, writeTraining, type Training } from './training.ts'

const TABLE = 'spam_training'

/** Bytes of what accounts have taught that a process keeps in memory: those that got mail last. */
const MOST_BYTES = 64 * 1024 * 1024

/** By account, the one that was asked for last at the end. A state is named by its lessons, so that nothing old is ever used. */
const remembered = new Map<number, Training>()
let rememberedBytes = 0

/** What an account has taught; read anew only when a lesson was taken since. */
export async function loadTraining(account: OpenAccount, sql: Sql = account.sql): Promise<Training> {
  const { rows } = await sql<{ lessons: number }>`
    select lessons from spam_training where account_id = ${account.id} and sealed is not null`
  const [state] = rows
  if (state === undefined) return UNTAUGHT
  const known = remembered.get(account.id)
  const training = known?.lessons === state.lessons ? known : await readSealed(account, sql)
  remember(account.id, training)
  return training
}

async function readSealed(account: OpenAccount, sql: Sql): Promise<Training> {
  const { rows } = await sql.bytes<{ sealed: Buffer | null }>`
    select sealed from spam_training where account_id = ${account.id}`
  const sealed = rows[0]?.sealed ?? undefined
  if (sealed === undefined) return UNTAUGHT
  try {
    return readTraining(account.open(TABLE, account.id, sealed))
  } catch (error) {
    // No letter is kept out because what was taught is damaged: the account begins anew, and its next lesson replaces it.
    if (error instanceof SealBroken || error instanceof RangeError) return UNTAUGHT
    throw error
  }
}

function remember(accountId: number, training: Training): void {
  const before = remembered.get(accountId)
  if (before !== undefined) rememberedBytes -= sizeOf(before)
  remembered.delete(accountId)
  remembered.set(accountId, training)
  rememberedBytes += sizeOf(training)
  for (const [id, oldest] of remembered) {
    if (rememberedBytes <= MOST_BYTES) return
    remembered.delete(id)
    rememberedBytes -= sizeOf(oldest)
  }
}

/** Keeps what an account has taught. Whoever does holds the account's row of `spam_training`, so that no lesson is lost. */
export async function storeTraining(account: OpenAccount, sql: Sql, training: Training): Promise<void> {
  const sealed = account.seal(TABLE, account.id, writeTraining(training))
  await sql`
    update spam_training set lessons = ${training.lessons}, sealed = ${sealed} where account_id = ${account.id}`
}
