import { openView } from '#items'
import { MAIL } from '#mail'
import { command, SIGNED_IN } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { findMailbox, normalPath } from '../mailboxes/paths.ts'
import { mailboxIdOf } from '../ids.ts'
import { ok, type Completion } from '../reply.ts'
import { readKnowledge, resynchronise, type Knowledge } from '../selected/resynchronise.ts'
import { flagsOf } from '../selected/report.ts'
import { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'

interface Args {
  path: string
  parameters: Parameters
}

interface Parameters {
  condstore: boolean
  /** What the client knows already. RFC 7162 §3.2.5. */
  qresync: Knowledge | undefined
}

function parse(input: Input, session: Session): Args {
  input.space()
  const path = normalPath(input.mailbox(), session.utf8)
  const parameters: Parameters = { condstore: false, qresync: undefined }
  if (input.accept(' ')) input.list(() => readParameter(input, session, parameters))
  input.end()
  return { path, parameters }
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

async function open(session: Session, { path, parameters }: Args, isReadOnly: boolean): Promise<Completion> {
  // Whatever comes of it, the one before is left. RFC 9051 §6.3.2.
  if (session.selected !== undefined) session.untagged('OK [CLOSED] The mailbox before is left')
  session.unselect()
  if (parameters.condstore) session.enabled.add('CONDSTORE')
  const mailbox = await findMailbox(session.account, path)
  const view = await openView(session.account, MAIL, mailbox.id)
  const selected = new Selected(view, isReadOnly, () => session.onNews?.())
  session.selected = selected
  session.untagged(`${selected.count} EXISTS`)
  if (!session.has('IMAP4REV2')) session.untagged('0 RECENT')
  session.untagged(`FLAGS (${flagsOf(selected)})`)
  session.untagged(`OK [PERMANENTFLAGS (${isReadOnly ? '' : `${flagsOf(selected)} \\*`})] What can be changed`)
  session.untagged(`OK [UIDVALIDITY ${view.uidValidity}] Since then UIDs are valid`)
  session.untagged(`OK [UIDNEXT ${view.uidNext}] The next UID`)
  session.untagged(`OK [HIGHESTMODSEQ ${view.change}] The last change`)
  session.untagged(`OK [MAILBOXID (${mailboxIdOf(mailbox.id)})] Its id`)
  session.knowsChange = session.has('CONDSTORE')
  session.untagged(`LIST () "/" ${session.nameOf(mailbox.path)}`)
  if (parameters.qresync !== undefined) await resynchronise(session, selected, parameters.qresync)
  return ok('Selected', isReadOnly ? 'READ-ONLY' : 'READ-WRITE')
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
