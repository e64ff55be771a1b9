import { parseMessage } from '#formats/message'
import { parseScript, type Script } from '#formats/sieve'
import { runScript, type Action, type Outcome, type Situation } from '#mail/filing'

/** What stands around a letter; what is not said is that of an ordinary one for Anna. */
export type Around = Partial<Omit<Situation, 'message' | 'include'>> & {
  /** Scripts by their names, '/name' for global ones. */
  scripts?: Readonly<Record<string, string>>
  /** Mailboxes that are there. */
  mailboxes?: readonly string[]
  /** Lists by their names. */
  lists?: Readonly<Record<string, readonly string[]>>
  /** Ids of letters that were seen. */
  seen?: readonly string[]
  /** Addresses of the owner beside Anna's. */
  own?: readonly string[]
}

/** The situation of a letter in which nothing but the letter matters. */
export function situationOf(letter: string | Buffer, around: Around = {}): Situation {
  const { scripts = {}, mailboxes = [], lists = {}, seen = [], own = [], ...more } = around
  const parsed = new Map<string, Script>()
  const owned = ['anna@zegel.test', ...own]
  return {
    message: parseMessage(typeof letter === 'string' ? Buffer.from(letter.replace(/\r?\n/g, '\r\n')) : letter),
    envelope: { from: 'bea@example.org', to: 'anna@zegel.test' },
    now: new Date('2026-09-07T08:00:00Z'),
    zone: 'UTC',
    virus: 0,
    environment: {},
    ownAddress: async (address) => owned.find((one) => one.toLowerCase() === address.toLowerCase()),
    mailboxExists: async (name) => mailboxes.includes(name),
    mailboxIdExists: async (id) => mailboxes.includes(id),
    hasSpecialUse: async (attribute, mailbox) => mailboxes.includes(`${mailbox ?? ''}${attribute}`),
    listExists: async (list) => Object.hasOwn(lists, list),
    isListed: async (list, value) => lists[list]?.includes(value) ?? false,
    include: async (location, name) => {
      const key = location === 'global' ? `/${name}` : name
      const text = scripts[key]
      if (text === undefined) return undefined
      const script = parsed.get(key) ?? parseScript(text)
      parsed.set(key, script)
      return script
    },
    wasSeen: async (id) => seen.includes(id),
    ...more,
  }
}

export const runText = async (script: string, letter: string | Buffer, around?: Around): Promise<Outcome> =>
  runScript(parseScript(script), situationOf(letter, around))

/** An action in a few words: "fileinto Work (\Seen)". */
export function wordsOf(action: Action): string {
  const flags = 'flags' in action && action.flags.length > 0 ? ` (${action.flags.join(' ')})` : ''
  if (action.kind === 'fileinto') {
    const place = [action.mailboxId, action.specialUse].filter((one) => one !== undefined)
    return `fileinto ${[...place, action.mailbox].join(' / ')}${action.isCreated ? ' +' : ''}${flags}`
  }
  if (action.kind === 'keep') return `keep${flags}`
  if (action.kind === 'redirect') return `redirect ${action.address ?? action.list}`
  if (action.kind === 'reject' || action.kind === 'ereject') return `${action.kind} ${action.text.trim()}`
  if (action.kind === 'vacation') return `vacation ${action.to}: ${action.subject}`
  if (action.kind === 'notify') return `notify ${[...action.to, ...action.cc].join(' ')}: ${action.subject}`
  return action.kind
}

/** What came of a run in a few words: the actions, or the fault. */
export const summaryOf = ({ actions, fault }: Outcome): string =>
  fault === undefined ? actions.map(wordsOf).join(', ') : `fault ${fault.reason}`
