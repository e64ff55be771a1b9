import { annotate, MOST_ANNOTATIONS, readAnnotations, WHOLE_ACCOUNT, type Annotations } from '#mail'
import type { Transaction } from '#storage'
import { Refusal } from '#system'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { string } from '../output/strings.ts'
import { Declined } from '../reply.ts'
import type { Session } from '../session.ts'

const MOST_NAME = 255
const MOST_WANTED = 200

/**
 * Name of an entry, in lower case, for names are the same in any (RFC 5464 §3.2): parts behind slashes, in ASCII, without
 * wildcards and control characters.
 * @throws BadCommand
 */
export function readEntry(input: Input): string {
  const name = input.astring().toLowerCase()
  if (name.length > MOST_NAME || !/^(?:\/[!-$&-)+-.0-~ ]+)+$/.test(name))
    throw new BadCommand('That is no name of an entry')
  if (!/^\/(?:private|shared)(?:\/|$)/.test(name)) throw new BadCommand('An entry is /private or /shared')
  return name
}

/** entries = entry / "(" entry *(SP entry) ")". RFC 5464 §5. */
export function readEntries(input: Input): string[] {
  const entries = input.peek() === '(' ? input.list(() => readEntry(input)) : [readEntry(input)]
  if (entries.length === 0 || entries.length > MOST_WANTED) throw new BadCommand('That is no list of entries')
  return [...new Set(entries)]
}

/** entry-value = entry SP value; value = nstring / literal8. */
export function readEntryValue(input: Input): [name: string, value: Buffer | null] {
  const name = readEntry(input)
  input.space()
  if (input.accept('NIL')) return [name, null]
  return [name, input.bytes()]
}

export interface Wanted {
  entries: readonly string[]
  /** How many levels below them as well. */
  depth: number
  /** Longer values are left out. */
  maxSize: number
}

/** Contact of who runs the service; told and not noted (RFC 5464 §6.2.1). */
const ADMIN = '/shared/admin'

/** What somebody may note: not what the server says itself. @throws Declined, Refusal */
export async function noteEntries(
  tx: Transaction,
  mailboxId: number,
  changes: ReadonlyMap<string, Buffer | null>,
): Promise<void> {
  if (mailboxId === WHOLE_ACCOUNT && changes.has(ADMIN)) throw new Declined('That is not yours to change', 'NOPERM')
  // RFC 5464 §4.3.
  await annotate(tx, mailboxId, changes).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'tooLarge')
      throw new Declined('The value is too long', `METADATA MAXSIZE ${MOST_ANNOTATIONS.valueBytes}`)
    if (error instanceof Refusal && error.reason === 'tooManyItems')
      throw new Declined('There are too many entries', 'METADATA TOOMANY')
    throw error
  })
}

/** What there is to tell of mailboxes, by id. */
export async function metadataOf(session: Session): Promise<(mailboxId: number) => Annotations> {
  const { account, context } = session
  const all = await readAnnotations(account)
  return (mailboxId) => {
    const own = all.get(mailboxId) ?? new Map<string, Buffer>()
    const { contact } = context.config.operator
    return mailboxId !== WHOLE_ACCOUNT || contact === undefined ? own : new Map([...own, [ADMIN, adminUri(contact)]])
  }
}

/** The entry is a URI. */
const adminUri = (contact: string): Buffer =>
  Buffer.from(/^[a-z][a-z0-9+.-]*:/i.test(contact) ? contact : `mailto:${contact}`)

/**
 * METADATA response with values. RFC 5464 §4.4.1. What was asked for and is not there is NIL, as are no others.
 * @param name  as it stands in the response
 * @returns the size of the longest value that was left out
 */
export function tellMetadata(
  session: Session,
  name: string,
  own: Annotations,
  { entries, depth, maxSize }: Wanted,
): number | undefined {
  const found = new Map<string, Buffer | null>(entries.map((entry) => [entry, own.get(entry) ?? null]))
  if (depth > 0)
    for (const [entry, value] of [...own].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (entries.some((wanted) => isBelow(entry, wanted, depth))) found.set(entry, value)
  const told: (string | Buffer)[] = []
  let longest: number | undefined
  for (const [entry, value] of found) {
    if (value !== null && value.length > maxSize) longest = Math.max(longest ?? 0, value.length)
    // With levels below them, what was asked for is where to look, and need not be there.
    else if (value !== null || depth === 0)
      told.push(`${told.length === 0 ? '' : ' '}${string(entry)} `, valueOf(value, session.utf8))
  }
  if (told.length === 0) return longest
  const { connection } = session
  for (const piece of [`* METADATA ${name} (`, ...told, ')\r\n']) connection.write(piece)
  return longest
}

function isBelow(entry: string, above: string, depth: number): boolean {
  if (!entry.startsWith(`${above}/`)) return false
  return entry.slice(above.length + 1).split('/').length <= depth
}

/** value: a string where it can be one, else a literal of its bytes, literal8 where a NUL is in it. */
function valueOf(value: Buffer | null, utf8: boolean): string | Buffer {
  if (value === null) return 'NIL'
  const text = value.toString()
  if (!value.includes(0) && Buffer.from(text).equals(value)) return string(text, utf8)
  return Buffer.concat([Buffer.from(`${value.includes(0) ? '~' : ''}{${value.length}}\r\n`), value])
}
