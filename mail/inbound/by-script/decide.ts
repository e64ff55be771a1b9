import { accountState } from '#accounts'
import { parseMessage } from '#formats/message'
import { noteUntil } from '#items'
import { runScript, type Action, type Reject } from '#mail/filing'
import type { Finding } from '#mail/findings'
import { SEEN, type ActiveScript } from '#mail/scripts'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { edited, type Copy, type Deciding, type Scripted } from './deciding.ts'
import { placeOf, type Place } from './place.ts'
import { after, notify, redirect, vacation } from './send.ts'
import { situationOf } from './situation.ts'

/** What becomes of a letter by a script. */
export interface Decision {
  copies: Copy[]
  /** Refuses it with these words; then nothing else is done. */
  refusal: string | undefined
  /** It went on, and nothing is kept here. */
  isPassedOn: boolean
  /** What is told with it: that the script did not come to its end. */
  findings: Finding[]
  /** What leaves, and what is remembered, in the transaction that files. */
  also(tx: Transaction): Promise<void>
  /** Whether something stands in the queue after it. */
  sends: boolean
}

/** Asks a script, and prepares what it decides. What is slow is done here, before the account is locked. */
export async function decideByScript(
  storage: Storage,
  account: OpenAccount,
  active: ActiveScript,
  letter: Scripted,
): Promise<Decision> {
  const message = parseMessage(letter.bytes)
  const outcome = await runScript(active.script, situationOf(storage, account, active, letter, message))
  const refusal = outcome.actions.find(isRefusal)
  const isSilent =
    letter.isJunk || (outcome.actions.some(isSent) && (await accountState(account.sql, account.id)) !== 'open')
  const deciding: Deciding = { storage, account, letter, message, copies: [], isSilent, sending: [], isKept: false }
  for (const action of outcome.actions) await ACTIONS[action.kind]?.(deciding, action as never)
  // What could not go on is kept: nothing is lost.
  if (deciding.isKept && deciding.copies.length === 0) addCopy(deciding, { kind: 'usual' }, [], letter.bytes)
  const { copies, sending } = deciding
  return {
    copies,
    refusal: refusal?.text,
    isPassedOn: copies.length === 0 && outcome.actions.some(({ kind }) => kind === 'redirect'),
    findings:
      outcome.fault === undefined ? [] : [{ name: 'scriptFailed', values: { line: String(outcome.fault.place.line) } }],
    sends: sending.length > 0,
    async also(tx) {
      for (const send of sending) await send(tx)
      for (const { id, seconds, isLast } of outcome.remember)
        await noteUntil(tx, { kind: SEEN, lookup: id, dueAt: after(seconds) }, isLast)
    },
  }
}

const isSent = ({ kind }: Action): boolean => kind === 'redirect' || kind === 'vacation' || kind === 'notify'

const isRefusal = (action: Action): action is Reject => action.kind === 'reject' || action.kind === 'ereject'

const ACTIONS: {
  [Kind in Action['kind']]?: (deciding: Deciding, action: Extract<Action, { kind: Kind }>) => void | Promise<void>
} = {
  keep: (deciding, action) => addCopy(deciding, { kind: 'usual' }, action.flags, edited(deciding, action)),
  fileinto: async (deciding, action) =>
    addCopy(deciding, await placeOf(deciding.account, action), action.flags, edited(deciding, action)),
  redirect,
  vacation,
  notify,
}

/** One copy for all mailboxes where it looks the same. */
function addCopy({ copies }: Deciding, place: Place, flags: readonly string[], bytes: Buffer): void {
  const keywords = flags.flatMap((flag) => keywordOf(flag) ?? []).toSorted()
  const isDeleted = flags.some((flag) => flag.toLowerCase() === '\\deleted')
  const alike = copies.find(
    (copy) =>
      copy.isDeleted === isDeleted && copy.keywords.join(' ') === keywords.join(' ') && copy.bytes.equals(bytes),
  )
  if (alike === undefined) copies.push({ bytes, mailboxes: [place], keywords, isDeleted })
  else alike.mailboxes.push(place)
}

/** RFC 8621 §4.1.1: system flags with "$", others in lower case; undefined for what is no keyword. */
function keywordOf(flag: string): string | undefined {
  const name = flag.toLowerCase()
  if (name.startsWith('\\'))
    return ['\\seen', '\\answered', '\\flagged', '\\draft'].includes(name) ? `$${name.slice(1)}` : undefined
  return /^[!#$&'+,\-./0-9:;<=>?@^_`a-z|}~]{1,255}$/.test(name) ? name : undefined
}
