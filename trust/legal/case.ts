import { Refusal, type Config } from '#system'
import type { BlobRef, Sql, Storage } from '#storage'
import type { RequestKind } from '#policy'
import { SALT_BYTES } from '#trust/signing'
import { checksOf, type CheckName } from './checks.ts'
import { CLOSING, type EventKind, type RegisterEvent } from './event.ts'
import type { KeptIntake } from './intake.ts'
import { eventOf, placeOfDetail, type Row } from './register.ts'
import { verdictOn, type Verdict } from './verdict.ts'

/** What an event says beyond what is readable; who did it, as far as it was somebody. */
export interface Detail {
  staff?: number
  intake?: KeptIntake
  /** The accounts that the request names, as they were found; null for one that there is none of. */
  found?: { address: string; accountId: number | null }[]
  check?: CheckName
  note?: string
  /** Of a proposal: what would leave, and the key that it would be sealed to. */
  digest?: string
  counts?: Record<string, number | null>
}

export interface CaseEvent extends RegisterEvent {
  /** Empty when the details have ended. */
  detail: Detail
}

/** A case, as its events say. */
export interface Case {
  id: string
  events: CaseEvent[]
  /** The number of the last event. */
  read: number
  receivedAt: Date
  country: string
  request: RequestKind
  /** Undefined when the details have ended. */
  intake: KeptIntake | undefined
  /** Undefined as long as nobody has looked, which nobody does for what is refused anyway. */
  found: { address: string; accountId: number | null }[] | undefined
  /** By whom, when and with which words each check was ticked. */
  checks: Map<CheckName, { staff: number; at: Date; note: string }>
  missing: CheckName[]
  /** Undefined as long as nobody has proposed to release the case as it stands. */
  proposal: { staff: number; at: Date; digest: string; counts: Record<string, number | null> } | undefined
  verdict: Verdict | undefined
  closed: CaseEvent | undefined
  preservedUntil: Date | undefined
}

/** What leaves the case as it was. */
const HARMLESS: readonly EventKind[] = ['attempt', 'letterSent']

type Reader = Pick<Storage, 'database' | 'keys'>
type Settings = Pick<Config, 'operator'>

/** @throws Refusal 'notFound' */
export async function loadCase(storage: Reader, settings: Settings, caseId: string): Promise<Case> {
  const [found] = await loadCases(storage, settings, [caseId])
  if (found === undefined) throw new Refusal('notFound')
  return found
}

/** Several at once, in the order in which they are asked for; what there is none of is left out. */
export async function loadCases(
  { database, keys }: Reader,
  { operator }: Settings,
  caseIds: readonly string[],
): Promise<Case[]> {
  const { rows } = await database.sql<Row & { sealed: Buffer | null }>`
    select e.number, e.case_id, at, kind, country, authority, request, reason, accounts, until, detail, hash, sealed
    from legal_event e left join legal_detail d using (number) where e.case_id = any(${caseIds}::text[]) order by e.number`
  const key = await keys.serviceKey('legal')
  const byCase = new Map<string | null, CaseEvent[]>(caseIds.map((id) => [id, []]))
  for (const { sealed, ...row } of rows) {
    const opened = sealed === null ? undefined : key.open(placeOfDetail(row.number), sealed)
    const detail = opened === undefined ? {} : (JSON.parse(opened.subarray(SALT_BYTES).toString()) as Detail)
    byCase.get(row.case_id)?.push({ ...eventOf(row), detail })
  }
  return [...byCase.values()].flatMap((events) => {
    const [received] = events
    if (received === undefined || received.country === null || received.request === null) return []
    return foldCase(received as CaseEvent & { country: string; request: RequestKind }, events, operator.country)
  })
}

function foldCase(
  received: CaseEvent & { country: string; request: RequestKind },
  events: CaseEvent[],
  operatorCountry: string,
): Case {
  const checks: Case['checks'] = new Map()
  let proposal: Case['proposal']
  let preservedUntil: Date | undefined
  let found: Case['found']
  for (const { kind, at, until, detail } of events) {
    const { staff = 0, check, note = '', digest, counts = {} } = detail
    if (!HARMLESS.includes(kind)) proposal = undefined
    if (detail.found !== undefined) found = detail.found
    if (kind === 'checked' && check !== undefined) checks.set(check, { staff, at, note })
    if (kind === 'unchecked' && check !== undefined) checks.delete(check)
    if (kind === 'proposed' && digest !== undefined) proposal = { staff, at, digest, counts }
    if (kind === 'preserved') preservedUntil = until ?? undefined
    if (kind === 'preservationEnded') preservedUntil = undefined
  }
  const { intake } = received.detail
  const known = found?.filter(({ accountId }) => accountId !== null).length
  return {
    id: received.caseId as string,
    events,
    read: (events.at(-1) as CaseEvent).number,
    receivedAt: received.at,
    country: received.country,
    request: received.request,
    intake,
    found,
    checks,
    missing: checksOf(received.request).flatMap(({ name }) =>
      checks.has(name as CheckName) ? [] : [name as CheckName],
    ),
    proposal,
    verdict: intake && verdictOn(intake, operatorCountry, known),
    closed: events.find(({ kind }) => CLOSING.includes(kind)),
    preservedUntil,
  }
}

/** What every event of a case says of who asks and for what. */
export const askerOf = ({ events }: Pick<Case, 'events'>): Pick<RegisterEvent, 'country' | 'authority' | 'request'> => {
  const { country, authority, request } = events[0] as CaseEvent
  return { country, authority, request }
}

/** The account of files that belong to no account. */
export const FILE_ACCOUNT = 0

export const FILE_KINDS = ['scan', 'export', 'journal'] as const
export type FileKind = (typeof FILE_KINDS)[number]

/** What a file is called and how its blob is opened. */
export interface FileEntry {
  ref: BlobRef
  name: string
  type: string
}

export const placeOfFile = (id: string): string => `legalFile/${id}`

/** A case's files of a kind, the newest first. */
export async function filesOf(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  caseId: string,
  kind: FileKind,
): Promise<FileEntry[]> {
  const { rows } = await database.sql<{ blob_id: string; sealed: Buffer }>`
    select f.blob_id, f.sealed from legal_file f join blob b on b.account_id = ${FILE_ACCOUNT} and b.blob_id = f.blob_id
    where case_id = ${caseId} and kind = ${kind} order by b.created_at desc`
  const key = await keys.serviceKey('legal')
  return rows.map(({ blob_id: id, sealed }) => JSON.parse(key.open(placeOfFile(id), sealed).toString()) as FileEntry)
}

/** Seals a file for a case. @returns what writes it, in the transaction of the event that it belongs to */
export async function prepareFile(
  storage: Storage,
  kind: FileKind,
  { name, type, bytes }: { name: string; type: string; bytes: Uint8Array },
): Promise<(sql: Sql, caseId: string) => Promise<void>> {
  const blob = await storage.blobs.prepare(FILE_ACCOUNT, bytes)
  const key = await storage.keys.serviceKey('legal')
  const entry: FileEntry = { ref: blob.ref, name, type }
  const sealed = key.seal(placeOfFile(blob.ref.id), JSON.stringify(entry))
  return async (sql, caseId) => {
    await storage.blobs.insert(sql, FILE_ACCOUNT, blob)
    await sql`
      insert into legal_file (blob_id, case_id, kind, sealed) values (${blob.ref.id}, ${caseId}, ${kind}, ${sealed})`
  }
}
