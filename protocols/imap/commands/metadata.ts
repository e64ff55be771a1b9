import { WHOLE_ACCOUNT } from '#mail'
import type { Sql } from '#storage'
import { command, SIGNED_IN } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { findMailbox, normalPath } from '../mailboxes/paths.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { metadataOf, noteEntries, readEntries, readEntryValue, tellMetadata } from '../mailboxes/metadata.ts'
import { ok } from '../reply.ts'
import type { Session } from '../session.ts'

/** Values of one command. */
const MOST_VALUES = 200

interface Options {
  depth: number
  maxSize: number
}

const DEPTHS: Readonly<Record<string, number>> = { '0': 0, '1': 1, INFINITY: Infinity }

/** Whose entries: a mailbox's, or with an empty name the account's. RFC 5464 §4.2, §4.3. */
const idOf = async (session: Session, path: string, sql?: Sql): Promise<number> =>
  path === '' ? WHOLE_ACCOUNT : (await findMailbox(session.account, path, undefined, sql)).id

/** GETMETADATA. RFC 5464 §4.2. */
export const getMetadata = command({
  name: 'GETMETADATA',
  states: SIGNED_IN,

  // getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
  parse(input, session) {
    const options: Options = { depth: 0, maxSize: Infinity }
    input.space()
    const isFirst = input.peek() === '('
    if (isFirst) {
      readOptions(input, options)
      input.space()
    }
    const path = normalPath(input.mailbox(), session.utf8)
    input.space()
    // The examples of the RFC have them behind the name.
    if (!isFirst && /^\((?:MAXS|DEPT)$/.test(input.peek(5))) {
      readOptions(input, options)
      input.space()
    }
    const entries = readEntries(input)
    input.end()
    return { path, entries, ...options }
  },

  async run(session, { path, ...wanted }) {
    const id = await idOf(session, path)
    const entriesOf = await metadataOf(session)
    const longest = tellMetadata(session, session.nameOf(path), entriesOf(id), wanted)
    return ok('GETMETADATA completed', longest === undefined ? undefined : `METADATA LONGENTRIES ${longest}`)
  },
})

/** getmetadata-options: MAXSIZE (§4.2.1) and DEPTH (§4.2.2). */
function readOptions(input: Input, options: Options): void {
  input.list(() => {
    const name = input.word()
    input.space()
    if (name === 'MAXSIZE') options.maxSize = input.number()
    else if (name === 'DEPTH') {
      const depth = DEPTHS[input.word()]
      if (depth === undefined) throw new BadCommand('The depth is 0, 1 or infinity')
      options.depth = depth
    } else throw new BadCommand('There is no such option')
  })
}

/** RFC 5464 §3.2: a name has two parts at least, one of a vendor four. Shorter ones are places where to look. */
const hasValue = (name: string): boolean =>
  name.split('/').length - 1 >= (/^\/[a-z]+\/vendor(?:\/|$)/.test(name) ? 4 : 2)

/** SETMETADATA: all values or none; NIL takes an entry away. RFC 5464 §4.3. */
export const setMetadata = command({
  name: 'SETMETADATA',
  states: SIGNED_IN,
  writes: true,

  // setmetadata = "SETMETADATA" SP mailbox SP "(" entry-value *(SP entry-value) ")"
  parse(input, session) {
    const path = readPath(input, session)
    input.space()
    const values = input.list(() => readEntryValue(input))
    if (values.length === 0 || values.length > MOST_VALUES) throw new BadCommand('That is no list of values')
    if (values.some(([name]) => !hasValue(name))) throw new BadCommand('That entry has no value of its own')
    input.end()
    return { path, changes: new Map(values) }
  },

  async run(session, { path, changes }) {
    await session.account.write(async (tx) => noteEntries(tx, await idOf(session, path, tx.sql), changes))
    return ok('SETMETADATA completed')
  },
})
