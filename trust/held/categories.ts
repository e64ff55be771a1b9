import {
  allAddressesOf,
  findSuspension,
  findRecovery,
  lastWait,
  listAppPasswords,
  listOwnDomains,
  listSessions,
  passwordUse,
  pendingRecovery,
  readFactors,
  readSettings,
} from '#accounts'
import { listFolders, readKeywords, readRecords, usageOf } from '#items'
import { MAIL } from '#mail'
import { countriesSentFrom } from '#mail/abuse'
import { CORRESPONDENT, KNOWN_DOMAINS } from '#mail/correspondents'
import { IDENTITY } from '#mail/identities'
import { REMINDER, SNOOZE } from '#mail/later'
import { listMasked, MASKED } from '#mail/masked'
import { INVITATION, LIST, MEMBER, readHeld } from '#mail/lists'
import { queuedOf } from '#mail/outbound'
import { reportsAbout } from '#mail/reports'
import { ACTIVE, SCRIPT, SEEN } from '#mail/scripts'
import { ALLOWED, BLOCKED } from '#mail/senders'
import { walkStories } from '#mail/stories'
import { SUBMISSION } from '#mail/submission'
import { TRUSTED } from '#mail/trusted'
import { ANSWER, VACATION } from '#mail/vacation'
import { fragment, type Fragment } from '#storage'
import { now, nowMs } from '#system'
import { readCollections, readImports } from '#transfer'
import { countAccesses, ownAccesses } from '#trust/access'
import { toldCases } from '#trust/legal'
import { countJournal, walkOwnJournal } from '#trust/journal'
import { KEPT_MS } from '#trust/retention'
import { ownTickets, textsOf } from '#trust/tickets'
import type { Amount, Category, Look } from './category.ts'

const DAY_MS = 86_400_000

/** How many rows there are, and the oldest of them. */
async function rowsOf({ account: { sql } }: Look, table: Fragment, oldest: Fragment): Promise<Amount> {
  const { rows } = await sql<{ count: number; oldestAt: Date | null }>`
    select count(*)::int as count, min(${oldest}) as "oldestAt" from ${table}`
  return rows[0] as { count: number; oldestAt: Date | null }
}

const NO_TIME = fragment`null::timestamptz`

/** Records of these kinds that are there. */
async function recordsOf(look: Look, kinds: readonly string[]): Promise<Amount> {
  const found = (await look.records()).filter(({ kind, isRemoved }) => kinds.includes(kind) && !isRemoved)
  return { count: sum(found), oldestAt: first(found.map(({ oldestAt }) => oldestAt)) }
}

const sum = (amounts: readonly { count: number }[]): number => amounts.reduce((all, { count }) => all + count, 0)

const first = (times: readonly (Date | null | undefined)[]): Date | null =>
  times.filter((time) => time != null).toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null

async function* recordEntries({ account }: Look, kinds: readonly string[]): AsyncGenerator<object> {
  for (const kind of kinds)
    for (const { value, createdAt, dueAt } of await readRecords(account, kind, null))
      yield {
        kind,
        createdAt,
        ...(dueAt === undefined ? {} : { dueAt }),
        ...(value !== null && typeof value === 'object' ? value : {}),
      }
}

/** A category that is records of some kinds and nothing else. */
const ofRecords = (
  kinds: readonly string[],
  category: Pick<Category, 'name' | 'group' | 'purposes' | 'vanishing' | 'keptDays'>,
): Category => ({
  ...category,
  tables: kinds.map((kind) => `record/${kind}`),
  places: ['live'],
  amount: (look) => recordsOf(look, kinds),
  entries: (look) => recordEntries(look, kinds),
})

async function* listed<T extends object>(list: Promise<readonly T[]>): AsyncGenerator<T> {
  yield* await list
}

/** All that is held about a person, in the order in which it is shown. What no category has is named in structure.ts, with its reason. */
export const CATEGORIES: readonly Category[] = [
  {
    name: 'letters',
    group: 'mail',
    tables: ['item', 'item_summary', 'placement', 'blob', 'folder_thread', 'thread_key'],
    purposes: ['service'],
    places: ['live', 'index'],
    async amount({ account }) {
      const [{ count, size }, { rows }] = await Promise.all([
        usageOf(account, MAIL),
        account.sql<{ oldestAt: Date }>`
          select received_at as "oldestAt" from item where account_id = ${account.id} and kind = ${MAIL} and deleted_at is null
          order by received_at limit 1`,
      ])
      return { count, size, oldestAt: rows[0]?.oldestAt ?? null }
    },
  },
  {
    name: 'folders',
    group: 'mail',
    tables: ['folder', 'keyword', 'record/annotations'],
    purposes: ['service'],
    places: ['live'],
    async amount({ account }) {
      const { rows } = await account.sql<{ count: number }>`
        select ((select count(*) from folder where account_id = ${account.id})
          + (select count(*) from keyword where account_id = ${account.id}))::int as count`
      return { count: rows[0]?.count ?? 0 }
    },
    async *entries(look) {
      for (const { name, role, parentId, total, id } of await listFolders(look.account, MAIL))
        yield { kind: 'folder', id, parentId, name, role: role ?? null, total }
      for (const name of (await readKeywords(look.account)).numbers.keys()) yield { kind: 'keyword', name }
      yield* recordEntries(look, ['annotations'])
    },
  },
  {
    name: 'deleted',
    group: 'mail',
    tables: ['item/deleted', 'record/removed', 'deletion', 'removed_folder'],
    purposes: ['service'],
    places: ['live', 'index'],
    keptDays: ({ retention }) => retention.deletedDays,
    vanishing: { erases: ['deletedItems', 'records', 'removedFolders', 'deletions'], needsPassword: true },
    async amount(look) {
      const { id } = look.account
      const [items, folders, records] = await Promise.all([
        rowsOf(
          look,
          fragment`item where account_id = ${id} and deleted_at is not null and not is_replaced`,
          fragment`deleted_at`,
        ),
        rowsOf(look, fragment`removed_folder where account_id = ${id}`, fragment`at`),
        look.records(),
      ])
      const removed = records.filter(({ isRemoved }) => isRemoved)
      return {
        count: (items.count ?? 0) + (folders.count ?? 0) + sum(removed),
        oldestAt: first([items.oldestAt, folders.oldestAt, ...removed.map(({ removedAt }) => removedAt)]),
      }
    },
  },
  {
    name: 'replaced',
    group: 'mail',
    isNeverBackedUp: true,
    tables: ['item/replaced'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => 0,
    amount: (look) =>
      rowsOf(
        look,
        fragment`item where account_id = ${look.account.id} and is_replaced and deleted_at is not null`,
        fragment`deleted_at`,
      ),
  },
  {
    name: 'uploads',
    group: 'mail',
    tables: ['upload'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => KEPT_MS.upload / DAY_MS,
    vanishing: { erases: ['uploads'] },
    amount: (look) => rowsOf(look, fragment`upload where account_id = ${look.account.id}`, fragment`created_at`),
  },
  {
    name: 'imports',
    group: 'mail',
    tables: ['transfer', 'transfer_part'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => KEPT_MS.transfer / DAY_MS,
    vanishing: { erases: ['transfers'] },
    amount: (look) => rowsOf(look, fragment`transfer where account_id = ${look.account.id}`, fragment`changed_at`),
    async *entries({ account }) {
      for (const { id: _, folder, reason, host, retryAt, ...one } of await readImports(account))
        yield { ...one, folder: folder ?? null, reason: reason ?? null, host: host ?? null, retryAt: retryAt ?? null }
    },
  },
  {
    name: 'collections',
    group: 'mail',
    tables: ['collection', 'collected_letter'],
    purposes: ['service'],
    places: ['live'],
    vanishing: { erases: ['collections'] },
    amount: (look) => rowsOf(look, fragment`collection where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ account }) {
      for (const { id: _, mailbox, reason, collectedAt, dueAt, ...one } of await readCollections(account))
        yield {
          ...one,
          mailbox: mailbox ?? null,
          reason: reason ?? null,
          collectedAt: collectedAt ?? null,
          dueAt: dueAt ?? null,
        }
    },
  },
  {
    name: 'index',
    group: 'mail',
    tables: ['item_words', 'vocabulary', 'erased_words', 'index_state'],
    purposes: ['service'],
    places: ['index'],
    amount: (look) => rowsOf(look, fragment`item_words where account_id = ${look.account.id}`, NO_TIME),
  },
  {
    name: 'junk',
    group: 'mail',
    tables: ['spam_training', 'spam_lesson'],
    purposes: ['service', 'checks'],
    places: ['live'],
    vanishing: { erases: ['spamTraining'] },
    amount: (look) => rowsOf(look, fragment`spam_lesson where account_id = ${look.account.id}`, NO_TIME),
  },
  {
    name: 'stories',
    group: 'mail',
    tables: ['story'],
    purposes: ['service', 'checks'],
    places: ['live'],
    keptDays: ({ journal }) => journal.days,
    vanishing: { erases: ['stories'] },
    amount: (look) => rowsOf(look, fragment`story where account_id = ${look.account.id}`, fragment`at`),
    async *entries({ account }) {
      for await (const { blob: _, ...story } of walkStories(account)) yield story
    },
  },
  {
    name: 'queue',
    group: 'mail',
    tables: ['queue_letter', 'queue_recipient'],
    purposes: ['service'],
    places: ['queue'],
    amount: (look) => rowsOf(look, fragment`queue_letter where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ storage, account }) {
      for (const { id: _, content: __, ...letter } of await queuedOf(storage, account.id)) yield letter
    },
  },
  {
    ...ofRecords([SUBMISSION], { name: 'submissions', group: 'mail', purposes: ['service'] }),
    async amount(look) {
      const found = (await look.records()).filter(({ kind, isRemoved }) => kind === SUBMISSION && !isRemoved)
      return { ...(await recordsOf(look, [SUBMISSION])), vanishesAt: first(found.map(({ dueAt }) => dueAt)) }
    },
  },
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
  {
    name: 'account',
    group: 'account',
    tables: ['account', 'keys.wrap', 'closure', 'suspension'],
    purposes: ['service'],
    places: ['live'],
    amount: (look) => rowsOf(look, fragment`account where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ account }) {
      const { id, sql } = account
      const { rows } = await sql<object>`
        select kind, state, created_at as "createdAt", begins_small as "beginsSmall", stopped_at as "sendingStoppedAt",
          stopped_for as "sendingStoppedFor", resumed_at as "sendingResumedAt"
        from account where account_id = ${id}`
      yield* rows
      const suspension = await findSuspension(account)
      if (suspension !== undefined) yield { suspension }
    },
  },
  {
    name: 'addresses',
    group: 'account',
    tables: ['address', `record/${MASKED}`],
    purposes: ['service'],
    places: ['live'],
    amount: (look) => rowsOf(look, fragment`address where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ storage, account }) {
      const masked = new Map((await listMasked(storage, account, null)).map(({ email, name }) => [email, name]))
      for (const one of await allAddressesOf(storage, account.id)) {
        const name = masked.get(one.address)
        yield name === undefined ? one : { ...one, name }
      }
    },
  },
  {
    name: 'recovery',
    group: 'account',
    tables: ['recovery', 'mailed_code/recovery', 'recovery_wait'],
    purposes: ['service', 'support'],
    places: ['live'],
    async amount(look) {
      const [known, pending] = await Promise.all([
        rowsOf(look, fragment`recovery where account_id = ${look.account.id}`, fragment`proven_at`),
        pendingRecovery(look.storage, look.account),
      ])
      return { ...known, count: (known.count ?? 0) + (pending === undefined ? 0 : 1) }
    },
    async *entries({ storage, account }) {
      const known = await findRecovery(storage, account.id)
      if (known !== undefined) yield known
      const pending = await pendingRecovery(storage, account)
      if (pending !== undefined) yield { address: pending, isWaitingForItsCode: true }
      const wait = await lastWait(account)
      if (wait !== undefined) yield { kind: 'withoutSecondFactor', ...wait }
    },
  },
  {
    name: 'password',
    group: 'account',
    tables: ['password'],
    purposes: ['service'],
    places: ['live'],
    amount: (look) => rowsOf(look, fragment`password where account_id = ${look.account.id}`, fragment`changed_at`),
    async *entries({ storage, account }) {
      const { setAt, letsProgramsIn } = await passwordUse(storage, account.id)
      yield { setAt, letsProgramsIn }
    },
  },
  {
    name: 'domains',
    group: 'account',
    tables: ['domain_claim', 'domain_proof'],
    purposes: ['service'],
    places: ['live'],
    amount: (look) =>
      rowsOf(
        look,
        fragment`(select created_at from domain_claim where account_id = ${look.account.id}
          union all select proven_at from domain where owner_account_id = ${look.account.id}) own`,
        fragment`created_at`,
      ),
    entries: ({ storage, account }) => listed(listOwnDomains(storage, account.id)),
  },
  {
    name: 'appPasswords',
    group: 'account',
    tables: ['app_password'],
    purposes: ['service'],
    places: ['live'],
    amount: (look) => rowsOf(look, fragment`app_password where account_id = ${look.account.id}`, fragment`created_at`),
    entries: ({ storage, account }) => listed(listAppPasswords(storage, account)),
  },
  {
    name: 'secondFactors',
    group: 'account',
    tables: ['totp', 'passkey', 'recovery_code'],
    purposes: ['service'],
    places: ['live'],
    async amount({ account: { id, sql } }) {
      const { rows } = await sql<{ count: number; oldestAt: Date | null }>`
        select count(*)::int as count, min(created_at) as "oldestAt" from (
          select created_at from totp where account_id = ${id}
          union all select created_at from passkey where account_id = ${id}
          union all select created_at from recovery_code where account_id = ${id}) factor`
      return rows[0] as Amount
    },
    async *entries({ storage, account }) {
      const { totpSince, passkeys, recoveryCodes, recoveryCodesMadeAt } = await readFactors(storage, account)
      if (totpSince !== null) yield { kind: 'codesFromAnApp', since: totpSince }
      for (const { id: _, ...passkey } of passkeys) yield { kind: 'passkey', ...passkey }
      if (recoveryCodes > 0) yield { kind: 'recoveryCodes', left: recoveryCodes, madeAt: recoveryCodesMadeAt }
    },
  },
  {
    name: 'sessions',
    group: 'account',
    tables: ['session'],
    purposes: ['service', 'checks'],
    places: ['live'],
    vanishing: { erases: 'otherSessions' },
    async amount(look) {
      const { id, sql } = look.account
      const { rows } = await sql<{ count: number; oldestAt: Date | null; vanishesAt: Date | null }>`
        select count(*)::int as count, min(created_at) as "oldestAt", min(expires_at) as "vanishesAt"
        from session where account_id = ${id} and expires_at > ${now()}`
      return rows[0] as Amount
    },
    async *entries({ storage, account }) {
      for (const { id: _, isCurrent: __, ...session } of await listSessions(storage, account)) yield session
    },
  },
  {
    name: 'consent',
    group: 'account',
    tables: ['consent', 'policy_notice'],
    purposes: ['service', 'requests'],
    places: ['live'],
    amount: (look) => rowsOf(look, fragment`consent where account_id = ${look.account.id}`, fragment`agreed_at`),
    async *entries({ account: { id, sql } }) {
      const { rows } = await sql<object>`
        select document, version, agreed_at as "agreedAt" from consent where account_id = ${id} order by agreed_at, document`
      yield* rows
    },
  },
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
        select hour, letters, recipients, strangers, failed from sending where account_id = ${id} order by hour`
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
