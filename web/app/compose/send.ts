import { changeEmails } from '../data/change.ts'
import { outbox } from '../data/outbox.svelte.ts'
import { emails } from '../data/emails.ts'
import { withRole } from '../data/mailboxes.ts'
import { pointer } from '../data/patch.ts'
import { settings } from '../data/settings.svelte.ts'
import { sync } from '../data/sync.ts'
import { accountLimit, call } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import { nameOf } from '../jmap/people.ts'
import type { Id, Patch, SetError } from '../jmap/types.ts'
import { comingTime } from '../shell/dates.svelte.ts'
import { language, t } from '../shell/texts.svelte.ts'
import { go, here } from '../shell/route.svelte.ts'
import { offerStop, sayDone, sayFailed } from '../shell/toast.svelte.ts'
import { check, problemsOf } from './check.ts'
import type { Draft } from './draft.svelte.ts'
import { emailOf, everybody } from './letter.ts'
import { forget, reopen } from './open.ts'
import { rest } from './saving.ts'

/** Sending that can be undone is held this much longer than that is offered: requests take their time. */
const graceSeconds = 2

/**
 * Sends a letter, or says at its fields why it cannot be.
 * @param at  when it is to leave; at once, but for the time to undo it, without
 * @param close  leaves the composer, once the letter is on the server
 */
export async function send(draft: Draft, at: Date | undefined, close: () => void): Promise<void> {
  draft.problems = check(draft)
  if (draft.problems.length > 0 || draft.asks) return
  await rest(draft)
  outbox.waiting++
  try {
    const sent = await submit(draft, at)
    markOriginal(draft, true)
    close()
    forget(draft)
    void sync()
    told(draft, sent, at)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error instanceof Refused) draft.problems = problemsOf(error.refusal, draft)
    else if (error.kind !== 'signedOut')
      draft.problems = [
        { at: 'letter', text: t(failedWith(error, 'offline') ? 'compose.sendOffline' : 'compose.sendFailed') },
      ]
    draft.saved = draft.emailId === undefined ? 'changed' : draft.saved
  } finally {
    outbox.waiting--
  }
}

interface Sent {
  submissionId: Id
  emailId: Id
}

/** What the server said against it. */
class Refused extends Failure {
  readonly refusal: SetError
  constructor(refusal: SetError) {
    super('declined', refusal.type)
    this.refusal = refusal
  }
}

/** Writes the letter, takes the draft away and hands it over, in one request: all of it or a draft. */
async function submit(draft: Draft, at: Date | undefined): Promise<Sent> {
  const drafts = withRole('drafts')
  const sentBox = withRole('sent')
  const { identity } = draft
  if (!drafts || !sentBox || !identity) throw new Failure('declined', 'notFound')
  const content = draft.content(at)
  const bcc = [...content.bcc, ...(identity.bcc ?? [])]
  const before = draft.emailId
  const writing = call('Email/set', {
    create: { letter: emailOf({ ...content, bcc }, drafts.id) },
    ...(before === undefined ? {} : { destroy: [before] }),
  })
  const handing = call('EmailSubmission/set', {
    create: {
      sending: {
        identityId: identity.id,
        emailId: '#letter',
        envelope: {
          mailFrom: { email: identity.email, parameters: holding(at) },
          rcptTo: everybody({ ...content, bcc }).map(({ email }) => ({ email, parameters: null })),
        },
      },
    },
    onSuccessUpdateEmail: {
      '#sending': {
        [pointer('mailboxIds', drafts.id)]: null,
        [pointer('mailboxIds', sentBox.id)]: true,
        [pointer('keywords', '$draft')]: null,
      },
    },
  })
  const [written, handed] = await Promise.allSettled([writing, handing])
  if (written.status === 'rejected') throw written.reason
  const emailId = written.value.created?.['letter']?.id
  if (emailId === undefined) throw new Refused(written.value.notCreated?.['letter'] ?? { type: 'serverFail' })
  // From here on this is the draft, whatever becomes of the sending.
  draft.emailId = emailId
  draft.saved = 'saved'
  draft.savedAt = new Date()
  if (before !== undefined) emails.delete(before)
  if (handed.status === 'rejected') throw handed.reason
  const submissionId = handed.value.created?.['sending']?.id
  if (submissionId === undefined) throw new Refused(handed.value.notCreated?.['sending'] ?? { type: 'serverFail' })
  return { submissionId, emailId }
}

/** RFC 4865: until when, or for how long, the server keeps it. */
function holding(at: Date | undefined): Record<string, string> | null {
  if (at) return { HOLDUNTIL: at.toISOString().replace(/\.\d+Z$/, 'Z') }
  return undoSeconds() > 0 ? { HOLDFOR: String(undoSeconds() + graceSeconds) } : null
}

/** How long sending can be undone: as the person wishes, where the server holds letters at all. */
function undoSeconds(): number {
  return (accountLimit('urn:ietf:params:jmap:submission', 'maxDelayedSend') ?? 0) > 0 ? settings.undoSeconds : 0
}

function told(draft: Draft, sent: Sent, at: Date | undefined): void {
  const people = everybody(draft.lists)
  const names = people.slice(0, 2).map(nameOf)
  if (people.length > names.length) names.push(t('mail.others', { count: people.length - names.length }))
  const who = new Intl.ListFormat(language()).format(names)
  const undo = () => void takeBack(draft, sent).catch(() => sayFailed(t('compose.tooLate')))
  if (at) offerStop(t('compose.willBeSent', { who, time: comingTime(at) }), undo, Math.max(10, settings.undoSeconds))
  else if (undoSeconds() > 0) offerStop(t('compose.sending', { who }), undo, undoSeconds())
  else sayDone(t('compose.sent', { who }))
}

/** Stops the sending and opens the letter again as it was. @throws Failure 'cannotUnsend' */
async function takeBack(draft: Draft, { submissionId, emailId }: Sent): Promise<void> {
  await cancelSending(submissionId, emailId)
  markOriginal(draft, false)
  draft.asks = undefined
  draft.problems = []
  draft.saved = 'saved'
  reopen(draft, emailId)
  const place = here()
  const inbox = { page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined } as const
  go({ ...(place.page === 'mail' ? place : inbox), write: emailId })
}

/** Stops a sending that waits; its letter is a draft again. @throws Failure 'cannotUnsend' when it has left */
export async function cancelSending(submissionId: Id, emailId: Id): Promise<void> {
  const { notUpdated } = await call('EmailSubmission/set', { update: { [submissionId]: { undoStatus: 'canceled' } } })
  const error = notUpdated?.[submissionId]
  if (error) throw new Failure('declined', error.type)
  const drafts = withRole('drafts')
  if (!drafts) throw new Failure('declined', 'notFound')
  const patch: Patch = { mailboxIds: { [drafts.id]: true }, [pointer('keywords', '$draft')]: true }
  const { notUpdated: kept } = await call('Email/set', { update: { [emailId]: patch } })
  // Who has deleted it has nothing to go on writing at, and it is stopped all the same.
  if (kept?.[emailId] && kept[emailId].type !== 'notFound') throw new Failure('declined', kept[emailId].type)
  void sync()
}

/** Marks the letter that was answered or forwarded (RFC 8621 §4.1.1). */
function markOriginal({ kind, originalId }: Draft, on: boolean): void {
  if (kind === undefined || originalId === undefined) return
  const keyword = kind === 'forward' ? '$forwarded' : '$answered'
  const patch = { [pointer('keywords', keyword)]: on || null }
  // It may be gone by now; that the answer was sent does not hang on it.
  void changeEmails(new Map<Id, Patch>([[originalId, patch]])).catch(() => {})
}
