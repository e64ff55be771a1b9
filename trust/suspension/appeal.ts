import { appeal as appealAgainst } from '#accounts'
import type { Config } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { noteLock } from '#trust/legal'

/** Appeals against a suspension, for the report to count. @returns until when the operator has to decide. @throws Refusal as in `#accounts` */
export const appeal = (
  storage: Storage,
  account: OpenAccount,
  settings: Config['appeals'],
  text: string,
): Promise<Date> => appealAgainst(storage, account, settings, text, (sql) => noteLock(storage, sql, 'appealed'))
