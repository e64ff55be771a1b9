import { z } from 'zod'
import { readSnippets } from '#mail'
import { id } from '../../calls/arguments.ts'
import { MethodError } from '../../calls/errors.ts'
import { method } from '../../calls/method.ts'
import { emailIds } from '../ids.ts'
import { filterArgument, filterOf, tooMany } from './filter.ts'

/** Snippets of one call: each opens a message. */
const MOST = 250

/** SearchSnippet/get, RFC 8621 §5.1. */
export const snippets = method({
  name: 'SearchSnippet/get',
  args: z.strictObject({ accountId: id, filter: filterArgument, emailIds: z.array(id) }),
  async run(session, { accountId, filter, emailIds: wanted }) {
    const account = session.openAccount(accountId)
    const ids = [...new Set(wanted)]
    if (ids.length > MOST) throw new MethodError('requestTooLarge', `emailIds: more than ${MOST}`)
    const found = await readSnippets(account, filterOf(filter), emailIds.numbersOf(ids)).catch(tooMany)
    const list = ids.flatMap((emailId) => {
      const snippet = found.get(emailIds.numberOf(emailId) ?? 0)
      return snippet === undefined ? [] : [{ emailId, ...snippet }]
    })
    const there = new Set(list.map(({ emailId }) => emailId))
    const notFound = ids.filter((one) => !there.has(one))
    return { accountId, list, notFound: notFound.length === 0 ? null : notFound }
  },
})
