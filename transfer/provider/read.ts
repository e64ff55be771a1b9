import { isDraft, readImapLabels, type Labelled } from '../labels.ts'
import { roleOfName, type Path } from '../mailboxes.ts'
import { dateOf, storable, type Damage, type Found, type FoundLetter } from '../source.ts'
import { countBreaks } from './breaks.ts'
import type { Described, ImapSession, RemoteFolder } from './imap.ts'
import { Broken } from './origin.ts'

/** How far one folder has been read. */
export interface FolderPosition {
  /** As the other server has it. */
  path: string
  /** Where its letters go, from the top. */
  into: Path
  /** It shows what lies in other folders. */
  isView: boolean
  /** Its letters say by labels where they go, below `into`. */
  isLabelled?: boolean
  /** As it was when its numbers were read (RFC 9051 §2.3.1.1). */
  validity?: string | undefined
  /** The last that was read. */
  uid: number
  read: number
  all: number
  isOver: boolean
  /** It was read to its end before, by these numbers: what comes now is new. */
  isRead?: boolean
  /** UIDNEXT when it was last read to its end (RFC 9051 §2.3.1.1). */
  next?: number | undefined
  /** The server did not open it, which was told. */
  isShut?: boolean
}

/** How far an account at another provider has been read; no folders before it was first looked at. */
export interface ProviderPosition {
  folders: readonly FolderPosition[]
}

export const UNREAD: ProviderPosition = { folders: [] }

export const lettersOf = ({ folders }: ProviderPosition): number =>
  sum(folders.map(({ all, read }) => Math.max(all, read)))
const lettersRead = ({ folders }: ProviderPosition): number => sum(folders.map(({ read }) => read))
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

export interface ProviderReading {
  /** Signs in, each time the line broke. @throws Refusal; Broken */
  connect(): Promise<ImapSession>
  /** A mailbox that was chosen: names from the top. */
  folder: Path | undefined
  /** Bytes of one letter. */
  most: number
  /** It is collected again and again, for the first time or not; undefined for an import. */
  again?: 'first' | 'later' | undefined
  /** Milliseconds of rest after the first break, the second, and so on; one more and it is given up for now. */
  rests?: readonly number[]
}

/** Letters that are described together, and fetched together. */
const DESCRIBED = 500
const FETCHED = 100
const FETCHED_BYTES = 2 * 1024 * 1024

/** After a break letters are fetched one by one: one of the next may be why it broke. */
const CAREFUL = 100

/**
 * Everything that is at another provider, from a position on; in memory are a few letters and the numbers of one folder. A line that breaks is
 * taken up again; a letter at which it always breaks is named and passed.
 * @throws what `connect` does. Broken comes as found
 */
export async function* readProvider(
  { connect, folder, most, again, rests }: ProviderReading,
  from: ProviderPosition,
): AsyncGenerator<Found<ProviderPosition>> {
  let position = from
  const breaks = countBreaks(rests)
  let careful = 0
  for (;;) {
    // What is being fetched by itself.
    const single: { at?: Asked } = {}
    try {
      const session = await connect()
      try {
        for await (const found of walk(
          session,
          { folder, most, again, single, isCareful: () => careful > 0 },
          position,
        )) {
          position = found.next
          if ('letter' in found) {
            breaks.forget()
            careful = Math.max(0, careful - 1)
          }
          yield found
        }
        return
      } finally {
        session.close()
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      careful = CAREFUL
      const { at } = single
      const next = breaks.after(error, at !== undefined)
      if (next === 'pass' && at !== undefined) {
        position = passed(at.position, at.index, at.uid)
        const damage = { path: at.path, uid: at.uid, reason: error.isFinal ? 'tooLarge' : 'unreadable' }
        yield { next: position, done: lettersRead(position), damage }
      } else if (next === 'end') {
        yield { next: position, done: lettersRead(position), broken: error }
        return
      }
    }
    await breaks.rest()
  }
}

/** A letter that is fetched by itself, and what stood before it. */
interface Asked {
  position: ProviderPosition
  index: number
  path: string
  uid: number
}

interface Walk extends Pick<ProviderReading, 'folder' | 'most' | 'again'> {
  single: { at?: Asked }
  isCareful(): boolean
}

async function* walk(session: ImapSession, how: Walk, from: ProviderPosition): AsyncGenerator<Found<ProviderPosition>> {
  const listed = await session.folders()
  const nexts = new Map(listed.map(({ path, next }) => [path, next]))
  let position =
    how.again === undefined ? withFolders(from, listed, how.folder) : collectedFolders(from, listed, how.folder)
  for (const index of position.folders.keys()) {
    const { path, isOver, isShut } = position.folders[index] as FolderPosition
    if (isOver) continue
    const validity = await session.open(path)
    if (validity === undefined) {
      position = change(position, index, { isOver: true, isShut: true })
      const told = isShut === true ? ({ ended: true } as const) : { damage: { path, reason: 'folder' } }
      yield { next: position, done: lettersRead(position), ...told }
      continue
    }
    const before = position.folders[index] as FolderPosition
    // Its numbers mean other letters now. What lies here already is known by its content.
    if (before.validity !== validity)
      position = change(position, index, { validity, uid: 0, read: 0, isRead: false, next: undefined })
    const { uid, read } = position.folders[index] as FolderPosition
    const uids = await session.numbersAfter(uid)
    position = change(position, index, { all: read + uids.length })
    for (let at = 0; at < uids.length; at += DESCRIBED) {
      const some = uids.slice(at, at + DESCRIBED)
      const described = await session.describe(some)
      // What is not finished is not collected.
      const wanted = how.again === undefined ? some : some.filter((uid) => !isDraft(described.get(uid)?.labels ?? []))
      for await (const found of readSome(session, how, position, index, wanted, described)) {
        position = found.next
        yield found
      }
    }
    position = change(position, index, { isOver: true, isRead: true, isShut: false, next: nexts.get(path) })
    yield { next: position, done: lettersRead(position), ended: true }
  }
}

/** Reads letters of one folder in the order of their numbers: each position has all that came before it. */
async function* readSome(
  session: ImapSession,
  { most, again, folder, single, isCareful }: Walk,
  from: ProviderPosition,
  index: number,
  uids: readonly number[],
  described: ReadonlyMap<number, Described>,
): AsyncGenerator<Found<ProviderPosition>> {
  const { path } = from.folders[index] as FolderPosition
  let position = from
  let done = lettersRead(from)
  const found = (uid: number, what: { letter: FoundLetter } | { damage: Damage } | { ended: true }) => {
    position = passed(position, index, uid)
    return { next: position, done: ++done, ...what }
  }
  const damaged = (uid: number, reason: string) => found(uid, { damage: { path, uid, reason } })
  const letterOf = (uid: number, bytes: Buffer): FoundLetter =>
    toLetter(from.folders[index] as FolderPosition, described.get(uid), bytes, { again, folder })

  for (let at = 0; at < uids.length;) {
    const batch = nextBatch(uids, at, described, isCareful() ? 1 : FETCHED, most)
    const [first] = batch as [number, ...number[]]
    at += batch.length
    if ((described.get(first)?.size ?? 0) > most) {
      yield damaged(first, 'tooLarge')
      continue
    }
    if (batch.length === 1) single.at = { position, index, path, uid: first }
    const early = new Map<number, Buffer>()
    const left = [...batch]
    for await (const { uid, bytes } of session.letters(batch)) {
      // One that comes before its turn waits for it.
      early.set(uid, bytes)
      if (sum([...early.values()].map(({ length }) => length)) > FETCHED_BYTES + most) throw new Broken()
      for (let next = left[0]; next !== undefined; next = left[0]) {
        const its = early.get(next)
        if (its === undefined) break
        left.shift()
        early.delete(next)
        yield its.length === 0 ? damaged(next, 'empty') : found(next, { letter: letterOf(next, its) })
      }
    }
    delete single.at
    if (left.length === 0) continue
    // Somebody may have removed it meanwhile; else it is asked for once more, by itself.
    const there = await session.stillThere(left)
    for (const uid of left) {
      let bytes = early.get(uid)
      if (bytes === undefined && there.has(uid)) {
        single.at = { position, index, path, uid }
        for await (const again of session.letters([uid])) bytes = again.bytes
        delete single.at
      }
      if (bytes !== undefined && bytes.length > 0) yield found(uid, { letter: letterOf(uid, bytes) })
      else if (there.has(uid)) yield damaged(uid, 'missing')
      else yield found(uid, { ended: true })
    }
  }
}

/** As many as go together by what the server says of their sizes; at least one. */
function nextBatch(
  uids: readonly number[],
  at: number,
  described: ReadonlyMap<number, Described>,
  mostLetters: number,
  most: number,
): number[] {
  let bytes = 0
  let end = at
  while (end < uids.length && end - at < mostLetters) {
    const size = described.get(uids[end] as number)?.size ?? 0
    bytes += size
    if (end > at && (bytes > FETCHED_BYTES || size > most)) break
    end++
    if (size > most) break
  }
  return uids.slice(at, end)
}

const change = ({ folders }: ProviderPosition, index: number, changes: Partial<FolderPosition>): ProviderPosition => ({
  folders: folders.with(index, { ...(folders[index] as FolderPosition), ...changes }),
})

function passed(position: ProviderPosition, index: number, uid: number): ProviderPosition {
  const { read } = position.folders[index] as FolderPosition
  return change(position, index, { uid, read: read + 1 })
}

/** Special uses of RFC 6154, and what the mailbox is called here. */
const USES: Readonly<Record<string, Path>> = {
  '\\Inbox': [],
  '\\Archive': ['Archive'],
  '\\All': ['Archive'],
  '\\Drafts': ['Drafts'],
  '\\Junk': ['Junk'],
  '\\Sent': ['Sent'],
  '\\Trash': ['Trash'],
}

/** These may be views of what lies elsewhere (RFC 6154 §2, RFC 8457): they come last, and bring what is nowhere else. */
const VIEWS = new Set(['\\All', '\\Flagged', '\\Important'])

/** What is not collected: what is not finished, what was thrown away, and views of what lies elsewhere. */
const LEFT = new Set(['\\Drafts', '\\Trash', ...VIEWS])
const LEFT_NAMES = new Set(['drafts', 'trash'])

/** Where its letters go: by the use that the server names, else by its name. */
function pathOf({ names, use = '', isLabelled }: RemoteFolder, chosen: Path | undefined): Path {
  const isInbox = names.length === 1 && names[0]?.toUpperCase() === 'INBOX'
  const own = USES[use] ?? (isInbox ? [] : names)
  return [...(chosen ?? []), ...(isLabelled ? [] : own)]
}

/** Of one that was read without its labels, letters do not lie where they should. */
function seenBefore(
  known: ReadonlyMap<string, FolderPosition>,
  { path, isLabelled }: RemoteFolder,
): FolderPosition | undefined {
  const seen = known.get(path)
  return (seen?.isLabelled ?? false) === isLabelled ? seen : undefined
}

/** Folders of a further round: what has no new numbers is over already. */
function collectedFolders(
  { folders }: ProviderPosition,
  listed: readonly RemoteFolder[],
  chosen: Path | undefined,
): ProviderPosition {
  const known = new Map(folders.map((folder) => [folder.path, folder]))
  const wanted = listed.filter(
    ({ names, use = '', isLabelled }) =>
      isLabelled || (!LEFT.has(use) && !LEFT_NAMES.has(roleOfName(names[0] ?? '') ?? '')),
  )
  return {
    folders: wanted.map((one) => {
      const { path, count, validity, next, isLabelled } = one
      const before = seenBefore(known, one) ?? { path, uid: 0, isLabelled }
      const isSame = 'next' in before && next !== undefined && before.next === next && before.validity === validity
      return { ...before, into: pathOf(one, chosen), isView: false, read: 0, all: isSame ? 0 : count, isOver: isSame }
    }),
  }
}

/** What is known of folders, with what the server has now. */
function withFolders(
  { folders }: ProviderPosition,
  listed: readonly RemoteFolder[],
  chosen: Path | undefined,
): ProviderPosition {
  const known = new Map(folders.map((folder) => [folder.path, folder]))
  for (const one of listed) {
    const { path, use = '', count, isLabelled } = one
    const before = seenBefore(known, one)
    known.set(path, {
      ...(before ?? {
        path,
        into: pathOf(one, chosen),
        isView: VIEWS.has(use) && !isLabelled,
        isLabelled,
        uid: 0,
        read: 0,
        isOver: false,
      }),
      all: before?.isOver === true ? before.all : count,
    })
  }
  // One that is gone has nothing more to bring.
  const names = new Set(listed.map(({ path }) => path))
  const all = [...known.values()].map((folder) => (names.has(folder.path) ? folder : { ...folder, isOver: true }))
  return { folders: all.toSorted((a, b) => Number(a.isView) - Number(b.isView)) }
}

/** Flags of RFC 9051 §2.3.2 as JMAP names them (RFC 8621 §4.1.1); keywords are called the same. */
const FLAGS: Readonly<Record<string, string | undefined>> = {
  '\\seen': '$seen',
  '\\answered': '$answered',
  '\\flagged': '$flagged',
  '\\draft': '$draft',
}

function toLetter(
  { into, isView, isLabelled = false, isRead = false }: FolderPosition,
  described: Described | undefined,
  bytes: Buffer,
  { again, folder }: Pick<ProviderReading, 'again' | 'folder'>,
): FoundLetter {
  const flags = (described?.flags ?? []).map((flag) => flag.toLowerCase())
  const keywords = flags.flatMap((flag) => (flag.startsWith('\\') ? (FLAGS[flag] ?? []) : [flag]))
  const labelled: Labelled = isLabelled ? readImapLabels(described?.labels ?? []) : { paths: [[]], keywords: [] }
  const isInbox = into.length === 0 && labelled.paths.some((path) => path.length === 0)
  return {
    bytes,
    paths: labelled.paths.map((path) => [...into, ...path]),
    keywords: [...keywords, ...labelled.keywords],
    isDeleted: flags.includes('\\deleted'),
    receivedAt: storable(described?.receivedAt) ?? dateOf(bytes),
    isElsewhere: isView,
    isOnce: again === 'later',
    // What is marked as removed there is not news.
    arrives: again === 'later' && isRead && folder === undefined && isInbox && !flags.includes('\\deleted'),
  }
}
