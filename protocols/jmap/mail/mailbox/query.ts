import { z } from 'zod'
import { queryMailboxes, type MailboxFilter, type MailboxOrder } from '#mail'
import { Refusal } from '#system'
import { queryChangesMethod, queryMethod, windowOf, type QueryDescription } from '../../families/query.ts'
import { mailboxIds, mailboxNumber } from '../ids.ts'
import { mailboxState } from '../states.ts'

const TOP = 0

const description = {
  type: 'Mailbox',
  conditions: {
    parentId: mailboxNumber.nullable().transform((parentId) => parentId ?? TOP),
    name: z.string(),
    role: z.string().nullable(),
    hasAnyRole: z.boolean(),
    isSubscribed: z.boolean(),
  },
  sorts: ['sortOrder', 'name'],
  args: { sortAsTree: z.boolean().default(false), filterAsTree: z.boolean().default(false) },
} satisfies QueryDescription<z.ZodRawShape, z.ZodRawShape>

/** Mailbox/query, RFC 8621 §2.3. */
export const query = queryMethod({
  ...description,
  async run(_session, account, { filter, sort, args }, window) {
    const queryState = await mailboxState(account)
    const numbers = await queryMailboxes(account, {
      filter: filter as MailboxFilter | null,
      sort: sort as readonly MailboxOrder[],
      ...args,
    })
    return { queryState, canCalculateChanges: false, ...windowOf(numbers.map(mailboxIds.of), window) }
  },
})

/** Mailbox/queryChanges, RFC 8621 §2.4: whether there are any; for which, the few mailboxes are asked for again. */
export const queryChanges = queryChangesMethod({
  ...description,
  async run(_session, account, { filter, sort, args }, since) {
    const newQueryState = await mailboxState(account)
    if (newQueryState !== since.queryState) throw new Refusal('cannotCalculateChanges')
    if (!since.calculateTotal) return { newQueryState, removed: [], added: [] }
    const query = { filter: filter as MailboxFilter | null, sort: sort as readonly MailboxOrder[], ...args }
    return { newQueryState, removed: [], added: [], total: (await queryMailboxes(account, query)).length }
  },
})
