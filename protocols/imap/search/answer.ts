import type { Rows } from '#items'
import { BadCommand } from '../input/bad-command.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'
import { sequenceNumbers, type Places } from './evaluate.ts'
import type { Program } from './read-program.ts'
import { ALL_OF_IT, esearchText, placesTold, plainText, type Found, type ReturnOptions } from './return-options.ts'

interface Asked {
  name: 'SEARCH' | 'SORT'
  /** Undefined where nothing was said of what to return. */
  options: ReturnOptions | undefined
  program: Program
  byUid: boolean
}

/** Finds, keeps what is to be kept, and says what was found. @param find  gives places in the order in which they are told */
export async function answer(
  session: Session,
  { name, options: given, program, byUid }: Asked,
  find: () => Promise<{ rows: Rows; places: Places }>,
): Promise<void> {
  const { mailbox } = session
  const options = given ?? ALL_OF_IT
  if (options.save) await saving(mailbox, options, find, (found) => tell(found))
  else tell(await find())

  function tell({ rows, places }: { rows: Rows; places: Places }): void {
    // RFC 7162 §3.1: who asks about mod-sequences is told of them from now on.
    if (program.hasModSeq) session.enabled.add('CONDSTORE')
    const numberAt = byUid ? rows.uids : sequenceNumbers(mailbox, rows)
    const found: Found = {
      numbers: places.map((place) => numberAt[place] as number),
      modSeqs: program.hasModSeq ? places.map((place) => rows.changes[place] as number) : undefined,
    }
    if (given === undefined && (name === 'SORT' || !session.has('IMAP4REV2'))) session.untagged(plainText(name, found))
    else if (tells(options)) session.untagged(esearchText(session.tag, byUid, options, found))
  }
}

/** RFC 5182 §2.1: whoever only has it kept is not told. */
const tells = ({ min, max, all, count, partial }: ReturnOptions): boolean =>
  min || max || all || count || partial !== undefined

/** Keeps what is found as `$`: nothing when the command is declined, what was there when it is none. RFC 9051 §6.4.4.1. */
async function saving(
  mailbox: Selected,
  options: ReturnOptions,
  find: () => Promise<{ rows: Rows; places: Places }>,
  tell: (found: { rows: Rows; places: Places }) => void,
): Promise<void> {
  try {
    const found = await find()
    const { rows, places } = found
    const uids = placesTold(options, places.length).map((at) => rows.uids[places[at] as number] as number)
    mailbox.saved = uids.sort((a, b) => a - b)
    tell(found)
  } catch (error) {
    if (!(error instanceof BadCommand)) mailbox.saved = []
    throw error
  }
}
