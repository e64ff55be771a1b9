import { closeAccount, closingTerms, type Closure } from '#accounts'
import { cancelScheduled } from '#mail/submission'
import { wakeQueue } from '#mail/outbound'
import { now, Refusal, type Config } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { letterAbout, type LetterSettings } from './tell.ts'

export type ClosingConfig = Pick<Config, 'closing'> & LetterSettings

/** Who closes an account, and the password by which its owner does (closeAccount). */
export interface Closing {
  closedBy: Closure['closedBy']
  passwordSetAt?: Date | undefined
  /** Days for which mail goes on to the address outside; without them it is refused. */
  forwardDays?: number | undefined
  /** Asked in the transaction, where what it is closed for may have ended. */
  isStillSo?: (sql: Sql) => Promise<boolean>
}

/** Closes an account; letters that were to leave later stay, and its address outside is told. @throws Refusal as closeAccount and closingTerms; 'expired' when it is no longer so */
export async function close(
  storage: Storage,
  config: ClosingConfig,
  account: OpenAccount,
  { isStillSo, forwardDays, ...closing }: Closing,
): Promise<Closure> {
  const terms = closingTerms(config.closing, now(), forwardDays)
  const tell = await letterAbout(storage, config, account.id, closing.closedBy === 'idle' ? 'closedIdle' : 'closed', {
    terms,
  })
  const closure = await closeAccount(storage, account, { ...closing, terms }, async (tx) => {
    if (isStillSo !== undefined && !(await isStillSo(tx.sql))) throw new Refusal('expired')
    await cancelScheduled(tx)
    await tell(tx.sql)
  })
  wakeQueue(storage)
  return closure
}
