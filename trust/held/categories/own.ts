import { readSettings } from '#accounts'
import { CORRESPONDENT, KNOWN_DOMAINS } from '#mail/correspondents'
import { IDENTITY } from '#mail/identities'
import { REMINDER, SNOOZE } from '#mail/later'
import { INVITATION, LIST, MEMBER, readHeld } from '#mail/lists'
import { ACTIVE, SCRIPT, SEEN } from '#mail/scripts'
import { ALLOWED, BLOCKED } from '#mail/senders'
import { TRUSTED } from '#mail/trusted'
import { ANSWER, VACATION } from '#mail/vacation'
import type { Category } from '../category.ts'
import { first, ofRecords, recordEntries, recordsOf } from './amounts.ts'

/** What people keep here beside letters. */
export const own: readonly Category[] = [
  {
    name: 'settings',
    group: 'own',
    tables: ['account/settings'],
    purposes: ['service'],
    places: ['live'],
    amount: async () => ({ count: 1 }),
    async *entries({ account }) {
      yield await readSettings(account)
    },
  },
  ofRecords([IDENTITY, 'template', VACATION], { name: 'identities', group: 'own', purposes: ['service'] }),
  ofRecords(['note'], { name: 'notes', group: 'own', purposes: ['service'], vanishing: { erases: ['notes'] } }),
  ofRecords([SNOOZE, REMINDER], { name: 'reminders', group: 'own', purposes: ['service'] }),
  {
    ...ofRecords([LIST, MEMBER, INVITATION], { name: 'lists', group: 'own', purposes: ['service'] }),
    tables: ['list_address', 'held_letter', ...[LIST, MEMBER, INVITATION].map((kind) => `record/${kind}`)],
    async amount(look) {
      const [records, held] = await Promise.all([recordsOf(look, [LIST, MEMBER, INVITATION]), readHeld(look.account)])
      return {
        count: (records.count ?? 0) + held.length,
        oldestAt: first([records.oldestAt, held[0]?.heldAt]),
      }
    },
    async *entries(look) {
      yield* recordEntries(look, [LIST, MEMBER, INVITATION])
      for (const { id: _, blob: __, ...letter } of await readHeld(look.account)) yield { kind: 'heldLetter', ...letter }
    },
  },
  ofRecords([CORRESPONDENT, ...KNOWN_DOMAINS], {
    name: 'correspondents',
    group: 'own',
    purposes: ['service', 'checks'],
    vanishing: { erases: ['correspondents'] },
  }),
  ofRecords([BLOCKED, ALLOWED, TRUSTED], { name: 'senders', group: 'own', purposes: ['service'] }),
  ofRecords([SCRIPT, ACTIVE], { name: 'scripts', group: 'own', purposes: ['service'] }),
  {
    ...ofRecords([ANSWER, SEEN], {
      name: 'vacationAnswers',
      group: 'own',
      purposes: ['service'],
      vanishing: { erases: ['vacationAnswers'] },
    }),
    tables: [`record/${ANSWER}`, `record/${SEEN}`, 'record/vacationCursor'],
    async amount(look) {
      const found = (await look.records()).filter(
        ({ kind, isRemoved }) => (kind === ANSWER || kind === SEEN) && !isRemoved,
      )
      return { ...(await recordsOf(look, [ANSWER, SEEN])), vanishesAt: first(found.map(({ dueAt }) => dueAt)) }
    },
  },
]
