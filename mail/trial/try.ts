import { setImmediate as turn } from 'node:timers/promises'
import { addressesOf, readSettings } from '#accounts'
import { fieldValue, findFields, parseMessage, type Message } from '#formats/message'
import { SieveError, type Place, type Script } from '#formats/sieve'
import { findFolderByRole } from '#items'
import { MAIL, queryMessages, readMessages, streamMessage, type StoredMessage } from '#mail'
import { runScript, type Action, type Envelope, type Situation } from '#mail/filing'
import type { Verdict } from '#mail/findings'
import { checkScript, findScript, mailboxFor, spamPercentOf, surroundingsOf } from '#mail/scripts'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'
import { mailboxPaths } from './mailboxes.ts'

/** Letters of one trial. */
export const MOST_TRIED = 100

/** No letter is begun after that. */
const MOST_MS = 3000

/** What would have been done with a letter. */
export interface TriedLetter {
  id: number
  actions: TriedAction[]
  /** Where the script could not go on: the letter would be kept. */
  fault: TriedFault | undefined
}

export interface TriedFault extends Place {
  /** Of an included script, its name. */
  script: string | undefined
}

export interface TriedAction {
  kind: Action['kind']
  /** Of `fileinto`: the path, and the mailbox where it is there. */
  mailbox?: string
  mailboxId?: number | undefined
  /** Of `redirect`, `vacation` and `notify`: who would have been written to. */
  address?: string
  flags?: readonly string[]
}

export interface Trial {
  letters: TriedLetter[]
  /** Time was up before the last one, or one took all that a letter may take: the next would as well. */
  isPartial: boolean
}

export interface TrialOptions {
  storage: Storage
  /** For `environment` (RFC 5183). */
  hostname: string
  /** Letters at most, the newest that arrived. */
  limit: number
}

/**
 * Runs a script over the newest letters as they were when they arrived.
 * @throws SieveError with the place of what is wrong with it; Refusal 'tooLarge'
 */
export async function tryScript(account: OpenAccount, text: string, options: TrialOptions): Promise<Trial> {
  const script = checkScript(text)
  const endsAt = performance.now() + MOST_MS
  const messages = await newestArrived(account, options.limit)
  const around = await surroundings(account, options)
  const letters: TriedLetter[] = []
  let isSlow = false
  for (const message of messages) {
    if (isSlow || performance.now() > endsAt) return { letters, isPartial: true }
    const situation = await situationOf(account, message, around)
    if (situation === undefined) continue
    const { actions, fault } = await runScript(script, situation)
    letters.push({
      id: message.id,
      actions: await Promise.all(actions.map((action) => told(account, action, around.pathOf))),
      fault: fault && { ...fault.place, script: nameOf(fault.script) },
    })
    isSlow = fault?.reason === 'milliseconds'
    // A script may take its time with each letter: others are served in between.
    await turn()
  }
  return { letters, isPartial: false }
}

/** An included script is called by where it is and its name. */
const nameOf = (script: string | undefined): string | undefined => script?.slice(script.indexOf('/') + 1)

/** Whatever came, also what was junk or is in the trash: no drafts, and nothing that was sent. */
async function newestArrived(account: OpenAccount, limit: number): Promise<StoredMessage[]> {
  const own = await Promise.all(['drafts', 'sent'].map((role) => findFolderByRole(account, MAIL, role)))
  const list = await queryMessages(
    account,
    {
      filter: {
        operator: 'AND',
        conditions: [{ inMailboxOtherThan: own.filter((folder) => folder !== undefined) }, { notKeyword: '$draft' }],
      },
      sort: [],
      collapseThreads: false,
    },
    { position: 0, anchorOffset: 0, limit, calculateTotal: false },
  )
  return readMessages(account, list?.ids ?? [], { summaries: true })
}

type Surroundings = Omit<Situation, 'message' | 'envelope' | 'now' | 'spamPercent' | 'virus'> & {
  pathOf: Awaited<ReturnType<typeof mailboxPaths>>
  owner: string
}

/** What is the same for all letters. */
async function surroundings(account: OpenAccount, options: TrialOptions): Promise<Surroundings> {
  const { storage, hostname } = options
  const [pathOf, { timeZone: zone }, [owner = '']] = await Promise.all([
    mailboxPaths(account),
    readSettings(account),
    addressesOf(storage, account.id),
  ])
  return {
    ...surroundingsOf(storage, account),
    pathOf,
    owner,
    zone,
    environment: {
      name: 'Zegel',
      host: hostname,
      domain: hostname.slice(hostname.indexOf('.') + 1),
      location: 'MDA',
      phase: 'during',
    },
    include: async (location, name) => {
      const found = location === 'global' ? undefined : await findScript(account, name)
      return found && parsed(found.text)
    },
    // A trial remembers nothing, so it has seen nothing.
    wasSeen: async () => false,
  }
}

/** One that this version does not understand counts as none, as it does when mail arrives. */
function parsed(text: string): Script | undefined {
  try {
    return checkScript(text)
  } catch (error) {
    if (error instanceof SieveError) return undefined
    throw error
  }
}

/** @returns undefined when the letter was erased meanwhile */
async function situationOf(
  account: OpenAccount,
  { summary, receivedAt }: StoredMessage,
  around: Surroundings,
): Promise<Situation | undefined> {
  if (summary === undefined) return undefined
  const bytes = await Array.fromAsync(streamMessage(account, summary.blob)).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  if (bytes === undefined) return undefined
  const message = parseMessage(Buffer.concat(bytes))
  return {
    ...around,
    message,
    envelope: envelopeOf(message, summary.deliveredTo ?? around.owner),
    now: receivedAt,
    ...judgedAs(summary.verdict),
  }
}

/** The reverse-path stands on top of what came by SMTP. RFC 5321 §4.4. */
function envelopeOf(message: Message, to: string): Envelope {
  const [field] = findFields(message, message.root, 'Return-Path')
  const [, from = ''] = /^\s*<([^<>]*)>\s*$/.exec(field === undefined ? '' : fieldValue(message, field, 'Raw')) ?? []
  return { from, to }
}

/** What was found when it came, on the scales of RFC 5235: half of the one is where a letter is junk. */
function judgedAs(verdict: Verdict | undefined): Pick<Situation, 'spamPercent' | 'virus'> {
  if (verdict === undefined) return { virus: 0 }
  const spamPercent = spamPercentOf(verdict.findings)
  return { spamPercent, virus: verdict.findings.some(({ name }) => name === 'virus') ? 5 : 1 }
}

async function told(account: OpenAccount, action: Action, pathOf: Surroundings['pathOf']): Promise<TriedAction> {
  const { kind } = action
  const flags = 'flags' in action && action.flags.length > 0 ? { flags: action.flags } : {}
  if (kind === 'fileinto') {
    const id = await mailboxFor(account, action)
    return { kind, mailbox: (id === undefined ? undefined : pathOf(id)) ?? action.mailbox, mailboxId: id, ...flags }
  }
  if (kind === 'redirect') return { kind, address: action.address ?? action.list ?? '' }
  if (kind === 'vacation') return { kind, address: action.to }
  if (kind === 'notify') return { kind, address: [...action.to, ...action.cc].join(', ') }
  return { kind, ...flags }
}
