import { oneAfterAnother } from '../data/outbox.svelte.ts'
import { messagesOf } from '../data/emails.ts'
import { snoozeOf, snoozes, utcDate } from '../data/later.ts'
import { syncMailboxes } from '../data/mailboxes.ts'
import { sync } from '../data/sync.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id, Patch, SetResult, Snooze } from '../jmap/types.ts'
import { comingTime } from '../shell/dates.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { inSnoozed } from './current.svelte.ts'
import { failed, hide, refresh } from './perform.ts'
import type { Target } from './perform.ts'

/** Conversations put off at once; each is a change of its own on the server. */
const mostAtOnce = 200

/** Puts conversations out of sight until a time; those that are already, until then instead. */
export async function snooze(target: Target, until: Date): Promise<void> {
  const threads = target.threads.slice(0, mostAtOnce)
  const at = utcDate(until)
  /** What those that slept before slept until. */
  let back: Record<Id, Patch> = {}
  await change(target, {
    leaves: target.list.view.source.kind === 'mailbox' && !inSnoozed(target),
    said: t('done.snoozed', { count: threads.length, time: comingTime(until) }),
    act() {
      const known = asleep(threads)
      back = Object.fromEntries(known.map((one) => [one.id, { until: one.until }]))
      const create: Record<Id, object> = {}
      for (const id of threads) {
        const emailId = snoozeOf(id) ? undefined : newestHere(target, id)
        if (emailId) create[id] = { emailId, until: at }
      }
      return set({ create, update: Object.fromEntries(known.map(({ id }) => [id, { until: at }])) })
    },
    undo: ({ created }) => set({ update: back, destroy: Object.values(created ?? {}).map(({ id }) => id) }),
  })
}

/** Brings conversations back now. */
export async function wake(target: Target): Promise<void> {
  let known = asleep(target.threads)
  if (known.length === 0) return
  await change(target, {
    leaves: inSnoozed(target),
    said: t('done.woken', { count: known.length }),
    act() {
      known = asleep(target.threads)
      return set({ destroy: known.map(({ id }) => id) })
    },
    undo: () => set({ create: Object.fromEntries(known.map(({ id, emailId, until }) => [id, { emailId, until }])) }),
  })
}

const asleep = (threads: readonly Id[]): Snooze[] => threads.map(snoozeOf).filter((one) => one !== undefined)

const inTurn = oneAfterAnother()

/** Does it to what all before it has left behind. */
const doing = (work: () => Promise<SetResult>): Promise<SetResult> =>
  inTurn(async () => {
    const done = await work()
    await snoozes.sync()
    return done
  })

interface Change {
  leaves: boolean
  said: string
  act(): Promise<SetResult>
  undo(done: SetResult): Promise<SetResult>
}

async function change(target: Target, { leaves, said, act, undo }: Change): Promise<void> {
  const restore = leaves ? hide(target) : () => {}
  const acting = doing(act)
  offerUndo(said, () => {
    restore()
    void target.list
      .hold(doing(async () => undo(await acting)))
      .then(() => settle(target))
      .catch(failed)
  })
  try {
    check(await acting)
    await settle(target)
  } catch (error) {
    restore()
    failed(error)
  }
}

/** Takes over what the server has moved. */
async function settle({ list }: Target): Promise<void> {
  await Promise.all([syncMailboxes(), sync()])
  await refresh(list)
}

function set(args: object): Promise<SetResult> {
  return call('Snooze/set', args)
}

function check({ notCreated, notUpdated, notDestroyed }: SetResult): void {
  const errors = [notCreated, notUpdated, notDestroyed].flatMap((one) => Object.values(one ?? {}))
  const error = errors.find(({ type }) => type !== 'notFound' && type !== 'alreadyExists')
  if (error) throw new Failure('declined', error.type)
}

/** The newest letter of a conversation that lies where the list looks, else the newest of all. */
function newestHere({ list }: Target, threadId: Id): Id | undefined {
  const { source } = list.view
  const messages = messagesOf(threadId)
  const here = source.kind === 'mailbox' ? messages.filter((email) => source.id in email.mailboxIds) : messages
  return (here.at(-1) ?? messages.at(-1))?.id
}
