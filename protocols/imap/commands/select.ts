import { FLAG, keywordNames, openView, type FolderView } from '#items'
import { MAIL } from '#mail'
import { command, SIGNED_IN } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { oldNameItem, tellMailbox } from '../mailboxes/attributes.ts'
import { findMailbox, givenPath, type GivenPath } from '../mailboxes/paths.ts'
import { mailboxIdOf } from '../ids.ts'
import { ok, type Completion } from '../reply.ts'
import { readKnowledge, resynchronise, type Knowledge } from '../selected/resynchronise.ts'
import { flagsOf } from '../selected/report.ts'
import { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'

interface Args extends GivenPath {
  parameters: Parameters
}

interface Parameters {
  condstore: boolean
  /** What the client knows already. RFC 7162 §3.2.5. */
  qresync: Knowledge | undefined
}

function parse(input: Input, session: Session): Args {
  input.space()
  const given = givenPath(input.mailbox(), session.utf8)
  const parameters: Parameters = { condstore: false, qresync: undefined }
  if (input.accept(' ')) input.list(() => readParameter(input, session, parameters))
  input.end()
  return { ...given, parameters }
}

/** select-param. RFC 4466 §2.1, RFC 7162 §7. */
function readParameter(input: Input, session: Session, parameters: Parameters): void {
  const name = input.word()
  if (name === 'CONDSTORE') parameters.condstore = true
  else if (name === 'QRESYNC') {
    input.space()
    parameters.qresync = readKnowledge(input, session)
  } else throw new BadCommand('There is no such parameter')
}

async function open(session: Session, { path, oldName, parameters }: Args, examines: boolean): Promise<Completion> {
  const isReadOnly = examines || session.isReadOnly
  // Whatever comes of it, the one before is left. RFC 9051 §6.3.2.
  if (session.selected !== undefined) session.untagged('OK [CLOSED] The mailbox before is left')
  session.unselect()
  if (parameters.condstore) session.enabled.add('CONDSTORE')
  const mailbox = await findMailbox(session.account, path)
  const view = await openView(session.account, MAIL, mailbox.id)
  const selected = new Selected(view, isReadOnly, () => session.hearNews())
  session.selected = selected
  const names = await keywordNames(session.account, view.rows.keywords)
  for (const number of view.rows.keywords) selected.toldKeywords.add(names.get(number) as string)
  session.untagged(`${selected.count} EXISTS`)
  if (!session.has('IMAP4REV2')) tellOfOld(session, view)
  session.untagged(`FLAGS (${flagsOf(selected)})`)
  session.untagged(`OK [PERMANENTFLAGS (${isReadOnly ? '' : `${flagsOf(selected)} \\*`})] What can be changed`)
  session.untagged(`OK [UIDVALIDITY ${view.uidValidity}] Since then UIDs are valid`)
  session.untagged(`OK [UIDNEXT ${view.uidNext}] The next UID`)
  session.untagged(`OK [HIGHESTMODSEQ ${view.change}] The last change`)
  session.untagged(`OK [MAILBOXID (${mailboxIdOf(mailbox.id)})] Its id`)
  // RFC 9051 §6.3.2; a program of IMAP4rev1 has not asked for it.
  if (session.has('IMAP4REV2'))
    tellMailbox(session, mailbox, { extended: oldName === undefined ? [] : [oldNameItem(oldName)] })
  session.knowsChange = session.has('CONDSTORE')
  if (parameters.qresync !== undefined) await resynchronise(session, selected, parameters.qresync)
  return ok('Selected', isReadOnly ? 'READ-ONLY' : 'READ-WRITE')
}

/** What IMAP4rev1 is told as well: nothing is recent, and where the first unseen message stands. RFC 3501 §6.3.1. */
function tellOfOld(session: Session, { rows }: FolderView): void {
  session.untagged('0 RECENT')
  // RFC 9586 §3: no sequence number is told any more.
  if (session.has('UIDONLY')) return
  const unseen = rows.flags.subarray(0, rows.length).findIndex((flags) => (flags & FLAG.seen) === 0)
  if (unseen !== -1) session.untagged(`OK [UNSEEN ${unseen + 1}] The first that nobody has seen`)
}

/** RFC 9051 §6.3.2. */
export const select = command({
  name: 'SELECT',
  states: SIGNED_IN,
  parse,
  run: (session, args) => open(session, args, false),
})

/** RFC 9051 §6.3.3. */
export const examine = command({
  name: 'EXAMINE',
  states: SIGNED_IN,
  parse,
  run: (session, args) => open(session, args, true),
})
