import { masked } from '../data/writing.ts'
import { accountLimit, limit } from '../jmap/client.svelte.ts'
import type { SetError } from '../jmap/types.ts'
import { fileSize } from '../shell/dates.svelte.ts'
import { language, t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { fields } from './draft.svelte.ts'
import type { Draft, Field, Problem } from './draft.svelte.ts'
import { mentionsAttachment } from './forgotten.ts'

/** Most bytes of all files of a letter together, as the server names it. */
export function mostBytes(): number {
  return accountLimit('urn:ietf:params:jmap:mail', 'maxSizeAttachmentsPerEmail') ?? limit('maxSizeUpload')
}

/** Too large files, told as soon as they are chosen. */
export function sizeProblem(draft: Draft): Problem | undefined {
  const bytes = draft.uploads().reduce((sum, { size }) => sum + size, 0)
  if (bytes <= mostBytes()) return undefined
  return { at: 'files', text: t('compose.filesTooLarge', { size: fileSize(bytes), most: fileSize(mostBytes()) }) }
}

/** What stands against sending. What is only likely to be forgotten becomes a question, once. */
export function check(draft: Draft): Problem[] {
  const problems: Problem[] = []
  for (const field of fields) {
    const wrong = draft.lists[field].filter((one) => one.wrong).map(({ email }) => email)
    if (wrong.length > 0) problems.push({ at: field, text: t('compose.wrongAddress', { addresses: listed(wrong) }) })
  }
  if (fields.every((field) => draft.lists[field].length === 0)) problems.push({ at: 'to', text: t('compose.nobody') })
  if (!draft.identity) problems.push({ at: 'from', text: t('compose.noSender') })
  const sender = masked.of(draft.identity?.email)
  if (sender && !sender.isOn) problems.push({ at: 'from', text: t('compose.maskedOff', { address: sender.email }) })
  if (draft.uploading) problems.push({ at: 'files', text: t('compose.stillUploading') })
  if (draft.uploads().some(({ status }) => status === 'failed'))
    problems.push({ at: 'files', text: t('compose.filesFailed') })
  const large = sizeProblem(draft)
  if (large) problems.push(large)
  if (problems.length === 0) draft.asks = question(draft)
  return problems
}

const answered = new WeakMap<Draft, Set<NonNullable<Draft['asks']>>>()

/** The person has answered: it is not asked again. */
export function answer(draft: Draft): void {
  const before = answered.get(draft) ?? new Set()
  if (draft.asks) before.add(draft.asks)
  answered.set(draft, before)
  draft.asks = undefined
}

function question(draft: Draft): Draft['asks'] {
  const known = answered.get(draft)
  if (!known?.has('attachment') && draft.files.length === 0 && mentionsAttachment(draft.read().text))
    return 'attachment'
  if (!known?.has('subject') && draft.subject.trim() === '') return 'subject'
  return undefined
}

/** What an account may send within an hour or a day. */
const LIMITS: Record<string, TextKey> = {
  letters: 'compose.limitLetters',
  recipients: 'compose.limitRecipients',
  strangers: 'compose.limitStrangers',
  bounces: 'compose.limitBounces',
}

/** What the server found in a letter, or could not look for. */
const checks: Record<NonNullable<SetError['check']>, { at: Problem['at']; key: TextKey } | undefined> = {
  infected: { at: 'files', key: 'compose.infected' },
  dangerousAttachment: { at: 'files', key: 'compose.dangerous' },
  scannerSilent: { at: 'letter', key: 'compose.notChecked' },
}

/** What the server refused, in words, at the field it concerns. RFC 8621 §7.5. */
export function problemsOf(refusal: SetError, draft: Draft): Problem[] {
  const of = (at: Problem['at'], key: TextKey, values?: Record<string, string | number>): Problem[] => [
    { at, text: t(key, values) },
  ]
  const unchecked = refusal.check === undefined ? undefined : checks[refusal.check]
  if (unchecked) return of(unchecked.at, unchecked.key)
  switch (refusal.type) {
    case 'invalidRecipients':
      return byField(refusal, draft)
    case 'noRecipients':
      return of('to', 'compose.nobody')
    case 'tooManyRecipients':
      return of('to', 'compose.tooMany', { most: refusal.maxRecipients ?? 0 })
    case 'forbiddenFrom':
    case 'forbiddenMailFrom':
      return of('from', 'compose.forbiddenFrom', { address: draft.identity?.email ?? '' })
    case 'tooLarge':
      return of('files', 'compose.letterTooLarge', { most: fileSize(refusal.maxSize ?? mostBytes()) })
    case 'blobNotFound':
      return of('files', 'compose.filesFailed')
    case 'overQuota':
      return of('letter', 'compose.overQuota')
    case 'rateLimit':
      return of('letter', LIMITS[refusal.limit ?? ''] ?? 'compose.rateLimit')
    case 'forbiddenToSend':
      return of('letter', refusal.stopped === undefined ? 'compose.forbiddenToSend' : 'compose.stopped')
    default:
      return of('letter', 'compose.sendFailed')
  }
}

/** Why somebody gets no mail from here. */
const WHY_NOT: Record<string, TextKey> = {
  addressClosed: 'compose.closedAddress',
  refused: 'compose.refusingAddress',
}

/** Addresses that the server does not take, below the fields they stand in, in one sentence for each reason. */
function byField({ invalidRecipients: wrong = [], reasons = {} }: SetError, draft: Draft): Problem[] {
  const byReason = Map.groupBy(wrong, (one) => WHY_NOT[reasons[one] ?? ''] ?? 'compose.unknownAddress')
  return [...byReason].flatMap(([key, addresses]) => {
    const lower = new Set(addresses.map((one) => one.toLowerCase()))
    const found = fields.flatMap((at: Field) => {
      const here = draft.lists[at].filter(({ email }) => lower.has(email.toLowerCase())).map(({ email }) => email)
      return here.length > 0 ? [{ at, text: t(key, { addresses: listed(here) }) }] : []
    })
    return found.length > 0 ? found : [{ at: 'to' as const, text: t(key, { addresses: listed(addresses) }) }]
  })
}

function listed(addresses: readonly string[]): string {
  const shown = addresses.slice(0, 5)
  if (addresses.length > shown.length) shown.push(t('mail.others', { count: addresses.length - shown.length }))
  return new Intl.ListFormat(language()).format(shown)
}
