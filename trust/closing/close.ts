import { closeAccount, closingTerms, type Closure } from '#accounts'
import { cancelScheduled } from '#mail/submission'
import { wakeQueue } from '#mail/outbound'
import { now, type Config } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { letterAbout, type LetterSettings } from './tell.ts'

export type ClosingConfig = Pick<Config, 'closing'> & LetterSettings

/** Who closes an account, and the password by which its owner does (closeAccount). */
export interface Closing {
  closedBy: Closure['closedBy']
  passwordSetAt?: Date | undefined
}

/** Closes an account; letters that were to leave later stay, and its address outside is told. @throws Refusal as closeAccount */
export async function close(
  storage: Storage,
  config: ClosingConfig,
  account: OpenAccount,
  closing: Closing,
): Promise<Closure> {
  const terms = closingTerms(config.closing, now())
  const tell = await letterAbout(storage, config, account.id, 'closed', { terms })
  const closure = await closeAccount(storage, account, { ...closing, terms }, async (tx) => {
    await cancelScheduled(tx)
    await tell(tx.sql)
  })
  wakeQueue(storage)
  return closure
}
