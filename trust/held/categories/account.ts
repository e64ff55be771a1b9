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
} from '#accounts'
import { listMasked, MASKED } from '#mail/masked'
import { fragment } from '#storage'
import { now } from '#system'
import { type Amount, type Category } from '../category.ts'
import { listed, rowsOf } from './amounts.ts'

/** The account: its addresses, and how its owner gets in. */
export const account: readonly Category[] = [
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
]
