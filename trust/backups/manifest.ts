import { Refusal } from '#system'
import { openStream, SealBroken, sealStream } from '#storage'
import { damaged, type StoredObject } from './objects.ts'
import { readHead, type Part } from './part.ts'
import { getWhole, type Target } from './target/target.ts'

/** What a backup consists of: objects that it has written, and such as earlier ones have. It names no person. */
export interface Manifest {
  zegel: 'backup'
  version: 1
  id: string
  /** Of which database. */
  database: string
  /** When the moment was that it shows, in milliseconds since 1970. */
  at: number
  /** The number of the schema's newest migration. */
  migration: number
  service: Part
  journal: JournalDay[]
  accounts: AccountEntry[]
  /** Objects of the backup before that this one needs no more: they go with the last of those before it. */
  dropped: string[]
}

export interface JournalDay {
  day: string
  part: Part
  /** Whether nothing could be written on it any more. */
  isSettled: boolean
}

export interface AccountEntry {
  id: number
  /** Its change number. */
  change: number
  /** How often it has taught the filter for junk, which moves no change number. */
  lessons: number
  part: Part
}

/** `backups/20261129T120000.000Z-<id>`; the first programs that made backups left the milliseconds out. */
const NAME = /^backups\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d(?:\.\d{3})?)Z-([0-9a-f-]{36})$/

export interface ListedBackup {
  name: string
  id: string
  at: Date
}

const nameOf = ({ id, at }: Pick<Manifest, 'id' | 'at'>): string =>
  `backups/${new Date(at).toISOString().replaceAll(/[-:]/g, '')}-${id}`

/** The backups of a target, the oldest first. */
export async function listBackups(target: Target): Promise<ListedBackup[]> {
  const found: ListedBackup[] = []
  for await (const name of target.list('backups/')) {
    const [, y, mo, d, h, mi, s, id] = NAME.exec(name) ?? []
    if (id !== undefined) found.push({ name, id, at: new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) })
  }
  return found.toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.name < b.name ? -1 : 1))
}

export async function writeManifest(target: Target, key: Buffer, manifest: Manifest): Promise<void> {
  await target.put(nameOf(manifest), sealStream(key, manifest.id, pieces(manifest)))
}

/** Its text is never one string: with very many accounts that would be too long. */
function* pieces({ accounts, ...rest }: Manifest): Generator<Buffer, void> {
  yield Buffer.from(`${JSON.stringify(rest)}\n`)
  for (let at = 0; at < accounts.length; at += 1000)
    yield Buffer.from(
      accounts
        .slice(at, at + 1000)
        .map((account) => `${JSON.stringify(account)}\n`)
        .join(''),
    )
}

/** Sealed bytes of a manifest at most. */
const MOST_BYTES = 2 ** 31 - 1

/** @throws Refusal 'invalid' that names it when it is missing, damaged or sealed under another key */
export async function readManifest(target: Target, { name, id }: ListedBackup, key: Buffer): Promise<Manifest> {
  try {
    const sealed = await getWhole(target, name, MOST_BYTES)
    const lines: unknown[] = []
    let rest = ''
    const decoder = new TextDecoder()
    for await (const piece of openStream(
      key,
      id,
      (async function* () {
        yield sealed
      })(),
    )) {
      const parts = (rest + decoder.decode(piece, { stream: true })).split('\n')
      rest = parts.pop() as string
      for (const part of parts) lines.push(JSON.parse(part))
    }
    const [first, ...accounts] = lines as [Omit<Manifest, 'accounts'>, ...AccountEntry[]]
    if (first?.zegel !== 'backup' || first.id !== id || rest !== '') throw damaged(name)
    if (first.version !== 1) throw damaged(name, 'was made by a newer version of this program')
    return { ...first, accounts }
  } catch (error) {
    if (error instanceof SealBroken || error instanceof SyntaxError) throw damaged(name)
    if (error instanceof Refusal && error.reason === 'notFound') throw damaged(name, 'missing')
    throw error
  }
}

/** A part, and what stands in it. */
export const objectsOf = (part: Part): StoredObject[] => [part, ...part.packs]

/** Every object that a backup names. Reads the list of pages of each account. @throws Refusal 'invalid' naming what is damaged */
export async function* everyObject(target: Target, manifest: Manifest): AsyncGenerator<StoredObject, void> {
  yield* objectsOf(manifest.service)
  for (const { part } of manifest.journal) yield* objectsOf(part)
  for (const { part } of manifest.accounts) {
    yield* objectsOf(part)
    for (const page of (await readHead(target, part)).pages ?? []) yield* objectsOf(page.part)
  }
}
