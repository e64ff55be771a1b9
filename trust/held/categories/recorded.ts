import { allAddressesOf } from '#accounts'
import { countriesSentFrom } from '#mail/abuse'
import { reportsAbout } from '#mail/reports'
import { fragment } from '#storage'
import { now, nowMs } from '#system'
import { countAccesses, ownAccesses } from '#trust/access'
import { toldCases } from '#trust/legal'
import { countJournal, walkOwnJournal } from '#trust/journal'
import { KEPT_MS } from '#trust/retention'
import { ownTickets, textsOf } from '#trust/tickets'
import type { Category } from '../category.ts'
import { DAY_MS, first, listed, rowsOf } from './amounts.ts'

/** What the service records. */
export const recorded: readonly Category[] = [
  {
    name: 'journal',
    group: 'recorded',
    tables: ['journal'],
    purposes: ['checks', 'requests'],
    places: ['journal'],
    async amount({ storage, account, config }) {
      const to = now()
      const from = new Date(to.getTime() - config.journal.days * DAY_MS)
      const { oldestAt, ...counted } = await countJournal(storage, {
        from,
        to,
        addresses: (await allAddressesOf(storage, account.id)).map(({ address }) => address),
      })
      return {
        ...counted,
        oldestAt,
        vanishesAt: oldestAt === null ? null : endOfJournalDay(oldestAt, config.journal.days),
      }
    },
    entries: ({ storage, account }) => walkOwnJournal(storage, account, { to: now() }),
  },
  {
    name: 'accesses',
    group: 'recorded',
    tables: ['access_entry'],
    purposes: ['service', 'checks'],
    places: ['live'],
    amount: ({ account }) => countAccesses(account),
    async *entries({ storage, account }) {
      for (let before: number | undefined; ;) {
        const some = await ownAccesses(storage, account, { limit: 500, ...(before === undefined ? {} : { before }) })
        for (const { salt: _, text: __, ...access } of some) yield access
        before = some.at(-1)?.number
        if (before === undefined) return
      }
    },
  },
  {
    name: 'tickets',
    group: 'recorded',
    tables: ['ticket', 'ticket_text', 'support_letter'],
    purposes: ['support'],
    places: ['live'],
    keptDays: ({ tickets }) => tickets.days,
    async amount(look) {
      const { count, oldestAt } = await rowsOf(
        look,
        fragment`ticket where account_id = ${look.account.id}`,
        fragment`closed_at`,
      )
      return { count, oldestAt: oldestAt ?? null }
    },
    async *entries({ storage, account }) {
      for (const ticket of await ownTickets(storage, account))
        yield { ...ticket, texts: await textsOf(storage, ticket) }
    },
  },
  {
    name: 'requests',
    group: 'recorded',
    tables: ['legal_subject', 'legal_detail', 'legal_file'],
    purposes: ['requests'],
    places: ['live'],
    async amount({ account }) {
      const cases = await toldCases(account)
      return {
        count: cases.length,
        oldestAt: first(cases.map(({ toldFrom }) => toldFrom)),
        vanishesAt: cases.findLast(({ heldUntil }) => heldUntil !== null)?.heldUntil ?? null,
      }
    },
    entries: ({ account }) => listed(toldCases(account)),
  },
  {
    name: 'sending',
    group: 'recorded',
    tables: ['sending'],
    purposes: ['checks'],
    places: ['live'],
    keptDays: () => KEPT_MS.sending / DAY_MS,
    amount: (look) => rowsOf(look, fragment`sending where account_id = ${look.account.id}`, fragment`hour`),
    async *entries({ account: { id, sql } }) {
      const { rows } = await sql<object>`
        select hour, letters, recipients, strangers, failed, redirects, notifications
        from sending where account_id = ${id} order by hour`
      yield* rows
    },
  },
  {
    name: 'sentFrom',
    group: 'recorded',
    tables: ['sent_from'],
    purposes: ['checks'],
    places: ['live'],
    vanishing: { erases: ['countries'], needsPassword: true },
    async amount({ account }) {
      const countries = await countriesSentFrom(account)
      return { count: countries.length, oldestAt: first(countries.map(({ firstAt }) => firstAt)) }
    },
    entries: ({ account }) => listed(countriesSentFrom(account)),
  },
  {
    name: 'complaints',
    group: 'recorded',
    tables: ['feedback_report'],
    purposes: ['checks'],
    places: ['live'],
    keptDays: () => KEPT_MS.feedbackReport / DAY_MS,
    amount: (look) => rowsOf(look, fragment`feedback_report where account_id = ${look.account.id}`, fragment`at`),
    entries: ({ storage, account }) => listed(reportsAbout(storage, account.id)),
  },
  {
    name: 'attempts',
    group: 'recorded',
    tables: ['sign_in_attempt', 'daily_count', 'mailed_code'],
    purposes: ['checks'],
    places: ['live'],
    amount: async () => ({ count: null }),
  },
  {
    name: 'greylist',
    group: 'recorded',
    tables: ['greylist'],
    purposes: ['checks'],
    places: ['live'],
    amount: async () => ({ count: null }),
  },
]

/** A day of the journal ends at a midnight (UTC), when its first entry is so many days old. */
function endOfJournalDay(time: Date, days: number): Date {
  const end = Math.floor(time.getTime() / DAY_MS + days) * DAY_MS
  return new Date(Math.max(end, nowMs()))
}
