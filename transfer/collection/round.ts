import { addressesOf } from '#accounts'
import { checkLetter, fileCollected, type CheckTools } from '#mail/inbound'
import type { OpenAccount, Storage, Transaction } from '#storage'
import type { Config } from '#system'
import { isHere, keptKeywords, withLineEnds } from '../letters.ts'
import { openMailboxPaths, pathOfMailbox, type Path } from '../mailboxes.ts'
import { openImap } from '../provider/imap.ts'
import type { Protocol, Way } from '../provider/origin.ts'
import { openPop3 } from '../provider/pop3.ts'
import { readPop3, type Pop3Position } from '../provider/read-pop3.ts'
import { readProvider } from '../provider/read.ts'
import { NOTHING_DONE, runImport, type Arrive, type Keeping, type Progress } from '../run.ts'
import { Stopping } from '../runners.ts'
import { saveRound, type Round } from './claim.ts'
import { forgetTaken, keyOf, noteTaken, readTaken } from './taken.ts'

export interface RoundContext {
  config: Pick<Config, 'smtp'>
  storage: Storage
  checks: CheckTools
  way: Way
}

/** After this long others have their turn, in milliseconds. */
const TURN_MS = 600_000

/** One round under way. */
interface Running {
  context: RoundContext
  account: OpenAccount
  /** What is written down goes into it. */
  round: Round
  /** Bytes of one letter. */
  most: number
  folder: Path | undefined
  signal: AbortSignal
  /** Signs in by `open`; what it opened is closed when this process ends. */
  connect<Session extends { close(): void }>(open: () => Promise<Session>): Promise<Session>
}

/**
 * Collects what lies at another provider and was not collected before. How far it has come is written with what came.
 * @param signal  when this process ends
 * @throws Stopping when it ends, or others have their turn; RoundEnded; Broken; Refusal
 */
export async function collect(
  context: RoundContext,
  account: OpenAccount,
  round: Round,
  signal: AbortSignal,
): Promise<void> {
  let open: { close(): void } | undefined
  const stop = (): void => open?.close()
  signal.addEventListener('abort', stop)
  try {
    await COLLECT[round.protocol]({
      context,
      account,
      round,
      most: context.config.smtp.maxMessageMegabytes * 1024 * 1024,
      folder: await folderOf(account, round),
      signal,
      async connect(work) {
        if (signal.aborted) throw new Stopping()
        const session = await work()
        open = session
        Object.assign(round, { hasSignedIn: true, refusals: 0 })
        return session
      },
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const COLLECT: Record<Protocol, (running: Running) => Promise<void>> = {
  async imap(running) {
    const { context, account, round, folder, most } = running
    const connect = () => running.connect(() => openImap(context.way, round.origin, most))
    const again = round.isFirst ? 'first' : 'later'
    await runImport(
      account,
      (from) => readProvider({ connect, folder, most, again }, from),
      { ...NOTHING_DONE, position: round.position, damages: round.damages },
      keepIn(
        running,
        async (tx, changes, position) => saveRound(tx, { ...round, ...changes, position }),
        (position) => {
          round.position = position
        },
      ),
      arriveIn(running),
    )
  },

  async pop3(running) {
    const { context, account, round, folder, most } = running
    const { id } = round.claimed
    let written = 0
    const reading = {
      connect: () => running.connect(() => openPop3(context.way, round.origin, most)),
      folder,
      most,
      leavesThere: round.leavesThere,
      isFirst: round.isFirst,
      keyOf: (name: string) => keyOf(account, id, name).toString('base64url'),
      before: await readTaken(account, id),
      forget: (keys: readonly string[]) => forgetTaken(account, id, keys),
    }
    await runImport<Pop3Position>(
      account,
      () => readPop3(reading),
      { ...NOTHING_DONE, position: { taken: [], count: 0 }, damages: round.damages },
      keepIn(
        running,
        async (tx, changes, { taken, count }) => {
          await noteTaken(tx, id, taken.slice(written, count))
          await saveRound(tx, { ...round, ...changes })
        },
        ({ count }) => {
          written = count
        },
      ),
      arriveIn(running),
    )
  },
}

type Changes = Pick<Round, 'added' | 'damaged' | 'damages'>

/**
 * Writes down how far it has come.
 * @param write  in the transaction of what came
 * @param written  after it
 */
function keepIn<Where>(
  { round, signal }: Running,
  write: (tx: Transaction, changes: Changes, position: Where) => Promise<void>,
  written: (position: Where) => void,
): Keeping<Where> {
  const { added, damaged } = round
  const until = performance.now() + TURN_MS
  const changesOf = (progress: Progress<Where>): Changes => ({
    added: added + progress.added,
    damaged: damaged + progress.damaged,
    damages: progress.damages,
  })
  return {
    save: (tx, progress) => write(tx, changesOf(progress), progress.position),
    saved(progress) {
      Object.assign(round, changesOf(progress))
      written(progress.position)
      if (signal.aborted || performance.now() > until) throw new Stopping()
    },
  }
}

/** Where everything goes when a mailbox was chosen; one that is gone is made again. */
async function folderOf(account: OpenAccount, round: Round): Promise<Path | undefined> {
  const { chosen } = round
  if (chosen === undefined) return undefined
  const path = await pathOfMailbox(account, chosen.id)
  if (path.length > 0) round.chosen = { ...chosen, path }
  else round.chosen = { ...chosen, id: await (await openMailboxPaths(account)).idOf(chosen.path) }
  return round.chosen.path
}

/** Checks a letter that came to the inbox there, and files it as one that arrives. */
function arriveIn({ context: { storage, checks }, account, round }: Running): Arrive {
  return async ({ bytes, keywords, receivedAt }, also) => {
    if (await isHere(account, bytes)) return false
    const content = withLineEnds(bytes)
    const [to = ''] = await addressesOf(storage, account.id)
    const { findings, features } = await checkLetter(checks, content, undefined, [to])
    const from = round.origin.host
    const kept = keptKeywords(keywords)
    await fileCollected(storage, account, { content, from, to, findings, features, keywords: kept, receivedAt }, also)
    return true
  }
}
