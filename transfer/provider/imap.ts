import type { ImapFlow } from 'imapflow'
import { Refusal } from '#system'
import { Broken, certificateName, failureOf, openAt, type Origin, type Way } from './origin.ts'

/** How long the other side may take, in milliseconds. */
export interface Patience {
  /** To be reached and to sign us in. */
  connect: number
  /** Without a byte. */
  silence: number
  /** For one answer, or one letter of it. */
  answer: number
}

export const PATIENCE: Patience = { connect: 30_000, silence: 60_000, answer: 300_000 }

/** Bytes of one answer beside its letters: the numbers of two million letters. */
const LINE_BYTES = 16 * 1024 * 1024
/** Folders of one account, each with its state. */
const LIST_BYTES = 4 * 1024 * 1024
const FLAG_BYTES = 1024 * 1024
const LABEL_BYTES = 8 * 1024 * 1024
const MOST_FOLDERS = 2000

/** Of an answer, so that small pieces do not become many objects. */
const MOST_TOKENS = 500_000

/** Answers to one question that tell of something else. */
const MOST_STRAYS = 1000

/** Looks at how much has come. */
const LOOK_MS = 100

export interface RemoteFolder {
  /** As the server has it. */
  path: string
  /** Its names from the top. */
  names: string[]
  /** RFC 6154: `\Sent`, and so on; what the server says, not what the name says. */
  use: string | undefined
  count: number
  /** Its letters say by labels which folders they lie in; those are not listed then. */
  isLabelled: boolean
  /** UIDVALIDITY and UIDNEXT, where the server said them; whoever finds both the same finds no other letters. */
  validity: string | undefined
  next: number | undefined
}

/** What is known of a letter before it is fetched. */
export interface Described {
  /** RFC822.SIZE: a claim. */
  size: number
  flags: readonly string[]
  /** X-GM-LABELS; none where the server has no such. */
  labels: readonly string[]
  /** INTERNALDATE; undefined for one that is none. */
  receivedAt: Date | undefined
}

/** A signed-in connection. All of it throws Broken; nothing changes at the other side: folders are EXAMINEd (RFC 9051 §6.3.3). */
export interface ImapSession {
  folders(): Promise<RemoteFolder[]>
  /** @returns its UIDVALIDITY; undefined when the server does not open it */
  open(path: string): Promise<string | undefined>
  /** Numbers of the letters after one, in their order. */
  numbersAfter(uid: number): Promise<number[]>
  /** Which of these are still there. */
  stillThere(uids: readonly number[]): Promise<Set<number>>
  /** Whatever the server says of others is passed over. */
  describe(uids: readonly number[]): Promise<Map<number, Described>>
  /** Letters as they come, in whatever order; those without content are left out. None comes twice, and none that was not asked for. */
  letters(uids: readonly number[]): AsyncGenerator<{ uid: number; bytes: Buffer }>
  close(): void
}

/** Gmail shows a letter in a folder for each of its labels, and in `\All` once, with all of them; what is junk or trash is not there. */
const LABELS = 'X-GM-EXT-1'
const BESIDE_LABELS = new Set(['\\Junk', '\\Trash'])

/** Labels of one letter. */
const MOST_LABELS = 500

/** Codes of imapflow that say that an answer was larger than what may come. */
const TOO_LARGE = new Set(['LiteralTooLarge', 'ResponseTooLarge', 'LineTooLarge', 'TooManyTokens'])

/** RFC 5530: the account is there, and cannot be used now. */
const LATER = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG'])

/**
 * Signs in at another provider.
 * @param most  bytes of one letter
 * @throws Refusal 'invalid' with the reason for the person as its field (`host`, `clear`, `certificate`, `starttls`, `signIn`); Broken
 */
export async function openImap(
  way: Way,
  origin: Origin,
  most: number,
  patience: Patience = PATIENCE,
): Promise<ImapSession> {
  return openAt(way, origin, 'imap', async (address) => {
    const client = await clientFor(way, origin, address, most, patience)
    // What is being asked fails only with the end of the connection.
    const faults: unknown[] = []
    client.on('error', (error) => faults.push(error))
    const deadline = setTimeout(() => client.close(), patience.connect)
    try {
      await client.connect()
      return sessionOf(client, faults, most, patience)
    } catch (error) {
      client.close()
      throw signInFailure(error)
    } finally {
      clearTimeout(deadline)
    }
  })
}

async function clientFor(
  { reach }: Way,
  origin: Origin,
  address: string,
  most: number,
  patience: Patience,
): Promise<ImapFlow> {
  const { port, security, user, password } = origin
  // Some 20 MB, which wait until somebody moves in.
  const { ImapFlow: Client } = await import('imapflow')
  return new Client({
    host: address,
    servername: certificateName(origin),
    port,
    secure: security === 'tls',
    ...(security === 'tls' ? {} : { doSTARTTLS: security === 'starttls' }),
    auth: { user, pass: password },
    tls: reach.ca === undefined ? {} : { ca: reach.ca },
    clientInfo: { name: 'Zegel', version: false, vendor: false, 'support-url': false },
    // What is packed small may be large.
    disableCompression: true,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableIMAP4rev2: true,
    logger: false,
    connectionTimeout: patience.connect,
    greetingTimeout: patience.connect,
    socketTimeout: patience.silence,
    maxLineLength: LINE_BYTES,
    maxLiteralSize: most,
    maxResponseSize: most + LINE_BYTES,
    maxResponseTokens: MOST_TOKENS,
  })
}

function signInFailure(error: unknown): Refusal | Broken {
  const { authenticationFailed, serverResponseCode, tlsFailed } = error as {
    authenticationFailed?: boolean
    serverResponseCode?: string
    tlsFailed?: boolean
  }
  const known = failureOf(error)
  if (known instanceof Refusal) return known
  if (tlsFailed === true) return new Refusal('invalid', { cause: error, fields: ['starttls'] })
  if (authenticationFailed === true && !LATER.has(serverResponseCode ?? ''))
    return new Refusal('invalid', { cause: error, fields: ['signIn'] })
  return known
}

function sessionOf(client: ImapFlow, faults: readonly unknown[], most: number, patience: Patience): ImapSession {
  /** Ends the connection when an answer takes too long, or grows beyond what it may have. */
  const bounded = async <T>(work: () => Promise<T>, mostBytes = LINE_BYTES): Promise<T> => {
    const before = client.stats().received
    const until = performance.now() + patience.answer
    const timer = setInterval(() => {
      if (performance.now() > until || client.stats().received - before > mostBytes) client.close()
    }, LOOK_MS)
    try {
      return await work()
    } catch (error) {
      throw brokenBy(faults[0] ?? error)
    } finally {
      clearInterval(timer)
    }
  }

  return {
    folders: () =>
      bounded(async () => {
        const listed = await client.list({ statusQuery: { messages: true, uidNext: true, uidValidity: true } })
        const prefix = client.namespace?.prefix ?? ''
        const found = listed
          .filter(({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent'))
          .map(({ path, delimiter, specialUse, specialUseSource, status }) => {
            const own = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path
            const names = (delimiter ? own.split(delimiter) : [own]).filter((name) => name !== '')
            const isSaid = specialUseSource === 'extension' || specialUse === '\\Inbox'
            const { messages, uidNext: next, uidValidity } = status ?? {}
            const use = isSaid ? specialUse : undefined
            return {
              path,
              names,
              use,
              count: countOf(messages),
              isLabelled: use === '\\All' && client.capabilities.has(LABELS),
              validity: uidValidity === undefined ? undefined : String(uidValidity),
              next,
            }
          })
        // Its owner may have hidden `\All` from mail programs.
        const hasLabels = found.some(({ isLabelled }) => isLabelled)
        return found
          .filter(({ use = '', isLabelled }) => !hasLabels || isLabelled || BESIDE_LABELS.has(use))
          .slice(0, MOST_FOLDERS)
      }, LIST_BYTES),

    open: (path) =>
      bounded(async () => {
        try {
          const { uidValidity } = await client.mailboxOpen(path, { readOnly: true })
          return String(uidValidity)
        } catch (error) {
          if ((error as { responseStatus?: string }).responseStatus === 'NO') return undefined
          throw error
        }
      }),

    numbersAfter: (uid) =>
      bounded(async () => {
        const found = await client.search({ uid: `${uid + 1}:*` }, { uid: true })
        if (!Array.isArray(found)) throw new Broken()
        return [...new Set(found)].filter((one) => isNumber(one) && one > uid).toSorted((a, b) => a - b)
      }),

    stillThere: (uids) =>
      bounded(async () => {
        const found = await client.search({ uid: rangeOf(uids) }, { uid: true })
        if (!Array.isArray(found)) throw new Broken()
        return new Set(found)
      }),

    describe: (uids) =>
      bounded(
        async () => {
          const asked = new Set(uids)
          const found = new Map<number, Described>()
          // Labels are asked for only where the server has them.
          const query = { uid: true, flags: true, internalDate: true, size: true, labels: true }
          for await (const row of client.fetch(rangeOf(uids), query, { uid: true })) {
            const { uid, size, flags, labels, internalDate } = row
            // Others tell of flags that have changed meanwhile.
            if (size === undefined || !asked.has(uid) || found.has(uid)) continue
            const receivedAt = internalDate instanceof Date ? internalDate : undefined
            found.set(uid, {
              size,
              flags: [...(flags ?? [])],
              labels: [...(labels ?? [])].slice(0, MOST_LABELS),
              receivedAt,
            })
          }
          return found
        },
        client.capabilities.has(LABELS) ? LABEL_BYTES : FLAG_BYTES,
      ),

    async *letters(uids) {
      const left = new Set(uids)
      let strays = 0
      const fetching = client.fetch(rangeOf(uids), { uid: true, source: true }, { uid: true })
      try {
        for (;;) {
          // The time that the letter takes here is not the other side's.
          const next = await bounded(() => fetching.next(), Infinity)
          if (next.done === true) return
          const { uid, source } = next.value
          if (source === undefined || !left.delete(uid)) {
            if (++strays > MOST_STRAYS) throw new Broken()
            continue
          }
          if (source.length > most) throw new Broken(undefined, true)
          yield { uid, bytes: source }
        }
      } finally {
        await fetching.return(undefined).catch(() => undefined)
      }
    },

    close: () => client.close(),
  }
}

function brokenBy(error: unknown): Refusal | Broken {
  if (TOO_LARGE.has(String((error as { code?: unknown }).code))) return new Broken(error, true)
  return failureOf(error)
}

const isNumber = (uid: number): boolean => Number.isSafeInteger(uid) && uid > 0 && uid <= 0xffff_ffff

const countOf = (claimed: number | undefined): number => Math.min(Math.max(0, Math.trunc(claimed ?? 0)), 0xffff_ffff)

/** A sequence-set of RFC 9051 §9, with runs put together: `1:4,7`. */
export function rangeOf(uids: readonly number[]): string {
  const runs: [from: number, to: number][] = []
  for (const uid of uids) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === uid - 1) last[1] = uid
    else runs.push([uid, uid])
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}:${to}`)).join(',')
}
