import type { AuthorityKind, RequestKind } from '#policy'
import type { Config } from '#system'
import type { Storage } from '#storage'
import type { Desk } from '#trust/desk'
import { listMembers } from '#trust/staff'
import { FILE_ACCOUNT, filesOf, loadCases, type Case, type FileKind } from './case.ts'
import { checksOf, type CheckName } from './checks.ts'
import { CLOSING, type EventKind, type RefusalReason } from './event.ts'
import type { KeptIntake } from './intake.ts'
import { requestsPromised } from './receive.ts'
import { silentUntil } from './record.ts'
import type { Language } from './texts.ts'
import { readAuthorityKey } from './export.ts'

/** Where a case stands. */
export type Stage = 'checking' | 'toRefuse' | 'toPropose' | 'toSign' | 'toPreserve' | 'preserving' | 'closed'

/** A case in the list. */
export interface ListedCase {
  id: string
  receivedAt: Date
  answerBy: Date
  country: string
  kind: AuthorityKind
  request: RequestKind
  authority: string | null
  stage: Stage
  /** How a closed one ended. */
  outcome: EventKind | null
  reason: string | null
  heldUntil: Date | null
}

const MOST_OPEN = 200
const MOST_CLOSED = 20

/** Open cases, those to be answered first in front, and behind them the newest of the closed ones. */
export async function listCases(
  storage: Pick<Storage, 'database' | 'keys'>,
  settings: Pick<Config, 'operator'>,
): Promise<ListedCase[]> {
  const { rows } = await storage.database.sql<{ case_id: string }>`
    with cases as (
      select case_id, min(number) as first, max(until) filter (where kind = 'received') as answer_by,
        bool_or(kind = any(${[...CLOSING]}::text[])) as is_closed
      from legal_event where case_id is not null group by case_id
    )
    (select case_id, false as is_closed, answer_by, first from cases where not is_closed order by answer_by limit ${MOST_OPEN})
    union all
    (select case_id, true, answer_by, first from cases where is_closed order by first desc limit ${MOST_CLOSED})
    order by is_closed, answer_by`
  const cases = await loadCases(
    storage,
    settings,
    rows.map((row) => row.case_id),
  )
  return cases.map(listed)
}

export function listed(found: Case): ListedCase {
  const [received] = found.events
  return {
    id: found.id,
    receivedAt: found.receivedAt,
    answerBy: received?.until ?? found.receivedAt,
    country: found.country,
    kind: received?.authority as AuthorityKind,
    request: found.request,
    authority: found.intake?.authority ?? null,
    stage: stageOf(found),
    outcome: found.closed?.kind ?? null,
    reason: found.closed?.reason ?? null,
    heldUntil: found.preservedUntil ?? null,
  }
}

export function stageOf({ closed, preservedUntil, verdict, proposal, missing }: Case): Stage {
  if (closed !== undefined) return 'closed'
  if (preservedUntil !== undefined) return 'preserving'
  if (verdict?.answer === 'refuse') return 'toRefuse'
  if (proposal !== undefined) return 'toSign'
  if (missing.length > 0) return 'checking'
  return verdict?.answer === 'preserve' ? 'toPreserve' : 'toPropose'
}

/** A case as the desk shows it: nothing of a person's data beyond what the request itself says. */
export interface ShownCase extends ListedCase {
  intake: Omit<KeptIntake, 'key'> | null
  key: { fingerprint: string; endsAt: Date | null } | null
  verdict:
    | { answer: 'refuse'; reason: RefusalReason }
    | { answer: 'release' | 'preserve'; law: Record<Language, string> }
    | null
  found: { address: string; isKnown: boolean }[] | null
  checks: { name: CheckName; isByAnother: boolean; ticked: { staff: number; at: Date; note: string } | null }[]
  /** With what would leave, in numbers; null for what was not asked for. */
  proposal: { staff: number; at: Date; counts: Record<string, number | null> } | null
  /** Until when the person is not told; null where nothing delays it. */
  silentUntil: Date | null
  /** Of the scan: its name; null without one. */
  scan: string | null
  hasExport: boolean
  /** Names of the staff, by number. */
  people: Record<string, string>
  canSend: boolean
  record: {
    number: number
    at: Date
    kind: EventKind
    reason: string | null
    until: Date | null
    accounts: number | null
    staff: number | null
    check: CheckName | null
    note: string | null
  }[]
}

export async function shownCase(desk: Pick<Desk, 'storage' | 'config'>, found: Case): Promise<ShownCase> {
  const { storage } = desk
  const { intake, checks, verdict } = found
  const key = intake?.key == null ? undefined : await readAuthorityKey(intake.key).catch(() => undefined)
  return {
    ...listed(found),
    intake: intake ?? null,
    key: key === undefined ? null : { fingerprint: key.fingerprint, endsAt: key.endsAt },
    verdict:
      verdict === undefined
        ? null
        : verdict.answer === 'refuse'
          ? verdict
          : { answer: verdict.answer, law: verdict.basis.law },
    found: found.found?.map(({ address, accountId }) => ({ address, isKnown: accountId !== null })) ?? null,
    checks: checksOf(found.request).map(({ name, isByAnother = false }) => ({
      name: name as CheckName,
      isByAnother,
      ticked: [...checks].find(([check]) => check === name)?.[1] ?? null,
    })),
    proposal:
      found.proposal === undefined
        ? null
        : { staff: found.proposal.staff, at: found.proposal.at, counts: found.proposal.counts },
    silentUntil: silentUntil(found, await requestsPromised(desk)) ?? null,
    scan: (await filesOf(storage, found.id, 'scan'))[0]?.name ?? null,
    hasExport: (await filesOf(storage, found.id, 'export')).length > 0,
    people: await namesOf(storage, found),
    canSend: intake?.replyTo != null,
    record: found.events.map(({ number, at, kind, reason, until, accounts, detail: { staff, check, note } }) => ({
      number,
      at,
      kind,
      reason,
      until,
      accounts,
      staff: staff ?? null,
      check: check ?? null,
      note: note ?? null,
    })),
  }
}

/** Who of the staff did something in a case, by number: at the desk people know one another by name. */
async function namesOf(storage: Storage, { events }: Case): Promise<Record<string, string>> {
  const numbers = new Set(events.flatMap(({ detail }) => detail.staff ?? []))
  const members = await listMembers(storage)
  return Object.fromEntries(members.filter(({ id }) => numbers.has(id)).map(({ id, name }) => [String(id), name]))
}

/** A case's newest file of a kind, opened. Undefined when there is none. */
export async function readFileOf(
  storage: Storage,
  caseId: string,
  kind: FileKind,
): Promise<{ name: string; type: string; bytes: Buffer } | undefined> {
  const [entry] = await filesOf(storage, caseId, kind)
  if (entry === undefined) return undefined
  const { ref, name, type } = entry
  return { name, type, bytes: await storage.blobs.read(storage.database.sql, FILE_ACCOUNT, ref) }
}

/** Cases that are open past the day by which they were to be answered. */
export async function countOverdue({ database }: Pick<Storage, 'database'>, at: Date): Promise<number> {
  const { rows } = await database.sql<{ count: number }>`
    select count(*)::int as count from (
      select case_id from legal_event where case_id is not null group by case_id
      having max(until) filter (where kind = 'received') < ${at}
        and not bool_or(kind = 'preserved' or kind = any(${[...CLOSING]}::text[]))) as overdue`
  return rows[0]?.count ?? 0
}
