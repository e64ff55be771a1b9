import { Fault } from './fault.ts'
import { limit, type Run } from './state.ts'
import type { Action, FileInto, Keep, Redirect } from './situation.ts'

type Kind = Action['kind']

/** Actions that give the letter to somebody. RFC 5429 §2.4: whoever refuses it has not taken it. */
const DELIVERING: readonly Kind[] = ['keep', 'fileinto', 'redirect']
const REFUSING: readonly Kind[] = ['reject', 'ereject']

/** What an action cannot stand beside. RFC 5429 §2.4, RFC 5230 §4.7: a letter is refused once, and answered once. */
const EXCLUDED: ReadonlyMap<Kind, readonly Kind[]> = new Map([
  ...DELIVERING.map((kind): [Kind, readonly Kind[]] => [kind, REFUSING]),
  ...REFUSING.map((kind): [Kind, readonly Kind[]] => [kind, [...REFUSING, ...DELIVERING, 'vacation']]),
  ['vacation', [...REFUSING, 'vacation']],
])

/**
 * Adds an action. One that does the same again takes the place of the first (RFC 5228 §2.10.3): a letter lies in a mailbox once, as
 * the last said, and goes to an address once.
 * @throws Fault for a conflict, and when there are too many
 */
export function addAction(run: Run, action: Action): void {
  const { actions } = run
  if (EXCLUDED.get(action.kind)?.some((kind) => actions.some((one) => one.kind === kind))) throw new Fault('conflict')
  const key = keyOf(action)
  const same = key === undefined ? -1 : actions.findIndex((one) => keyOf(one) === key)
  if (same !== -1) {
    actions[same] = action
    return
  }
  limit(run, 'actions', actions.length + 1)
  if (action.kind === 'redirect') limit(run, 'redirects', countOf(actions, 'redirect') + 1)
  if (action.kind === 'notify') limit(run, 'notifications', recipientsOf(actions) + recipientsOf([action]))
  actions.push(action)
}

const KEYS: { readonly [K in Kind]?: (action: Extract<Action, { kind: K }>) => string } = {
  keep: (_action: Keep) => 'mailbox inbox',
  fileinto: ({ mailbox, mailboxId, specialUse }: FileInto) =>
    mailboxId === undefined && specialUse === undefined && mailbox.toLowerCase() === 'inbox'
      ? 'mailbox inbox'
      : `mailbox ${JSON.stringify([mailbox, mailboxId, specialUse])}`,
  redirect: ({ address, list }: Redirect) => `redirect ${JSON.stringify([address, list])}`,
  discard: () => 'discard',
}

function keyOf(action: Action): string | undefined {
  const key = KEYS[action.kind] as ((action: Action) => string) | undefined
  return key?.(action)
}

const countOf = (actions: readonly Action[], kind: Kind): number => actions.filter((one) => one.kind === kind).length

const recipientsOf = (actions: readonly Action[]): number =>
  actions.reduce((sum, one) => sum + (one.kind === 'notify' ? one.to.length + one.cc.length : 0), 0)
