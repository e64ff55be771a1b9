import type { AuthorityKind, RequestKind } from '#policy'
import type { Config } from '#system'
import type { Storage } from '#storage'
import { FILE_ACCOUNT, filesOf, loadCase, type Case, type FileKind } from './case.ts'
import { checksOf } from './checks.ts'
import { CLOSING, type EventKind } from './event.ts'
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

const MOST_OPEN = 500
const MOST_CLOSED = 50

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
  return Promise.all(rows.map(async ({ case_id: id }) => listed(await loadCase(storage, settings, id))))
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
export async function shownCase(storage: Storage, found: Case): Promise<object> {
  const { intake, checks, verdict } = found
  const key = intake?.key == null ? undefined : await readAuthorityKey(intake.key).catch(() => undefined)
  const has = async (kind: FileKind): Promise<{ name: string; type: string; size: number }[]> =>
    (await filesOf(storage, found.id, kind)).map(({ name, type, ref }) => ({ name, type, size: ref.size }))
  return {
    ...listed(found),
    intake: intake === undefined ? null : { ...intake, key: undefined },
    key: key === undefined ? null : { fingerprint: key.fingerprint, endsAt: key.endsAt },
    verdict:
      verdict === undefined
        ? null
        : verdict.answer === 'refuse'
          ? verdict
          : { answer: verdict.answer, basis: verdict.basis.id, law: verdict.basis.law },
    found: found.found?.map(({ address, accountId }) => ({ address, isKnown: accountId !== null })) ?? null,
    checks: checksOf(found.request).map(({ name, isByAnother = false }) => ({
      name,
      isByAnother,
      ticked: [...checks].find(([check]) => check === name)?.[1] ?? null,
    })),
    proposal: found.proposal === undefined ? null : { staff: found.proposal.staff, at: found.proposal.at },
    scans: await has('scan'),
    exports: (await has('export')).length,
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
