import { z } from 'zod'
import { meantWords } from '#mail'
import { id } from '../../calls/arguments.ts'
import { method } from '../../calls/method.ts'
import { filterArgument, filterOf, tooMany } from './filter.ts'

/** The words that a search means. docs/jmap-extensions.md. */
export const terms = method({
  name: 'Search/terms',
  args: z.strictObject({ accountId: id, filter: filterArgument }),
  async run(session, { accountId, filter }) {
    const account = session.openAccount(accountId)
    return { accountId, words: await meantWords(account, filterOf(filter)).catch(tooMany) }
  },
})
