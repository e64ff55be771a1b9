import { expungeItems } from '#items'
import { MAIL, replaceDrafts } from '#mail'
import { Refusal } from '#system'
import { readAppended, type Appended } from '../append/append-message.ts'
import { fileMessages } from '../append/file.ts'
import { command } from '../command.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { Declined, ok, type Completion } from '../reply.ts'
import { highestChange } from '../selected/report.ts'
import type { Session } from '../session.ts'

interface Args {
  /** A sequence number or a UID. */
  number: number
  path: string
  message: Appended
}

/** replace = "REPLACE" SP seq-number SP mailbox append-message. RFC 8508 §5. */
function parse(input: Input, session: Session): Args {
  input.space()
  const number = input.accept('*') ? Infinity : input.nonZero()
  const path = readPath(input, session)
  const message = readAppended(input)
  input.end()
  return { number, path, message }
}

/** Puts a message in the place of another, both or neither. RFC 8508 §3.4. */
async function replace(session: Session, { number, path, message }: Args, byUid: boolean): Promise<Completion> {
  const { mailbox } = session
  if (mailbox.isReadOnly) throw new Declined('The mailbox is open for reading only', 'READ-ONLY')
  if (!byUid && mailbox.isBeyond([[number, number]])) throw new BadCommand('There is no message with that number')
  const [uid] = mailbox.uidsOf([[number, number]], byUid)
  if (uid === undefined) throw new Declined('There is no message with that UID', 'NONEXISTENT')
  const { view } = mailbox
  const itemId = view.rows.items[view.rows.indexOf(uid)]
  const code = await fileMessages(session, path, [message], async (tx) => {
    const gone = await expungeItems(tx, MAIL, view.folderId, [uid], { onlyMarked: false })
    if (gone.length === 0 || itemId === undefined) throw new Refusal('notFound', { fields: ['items'] })
    // A draft that is saved again keeps its last state only.
    await replaceDrafts(tx, [itemId])
  }).catch((error: unknown) => {
    if (error instanceof Refusal && error.fields.includes('items'))
      throw new Declined('The message has gone meanwhile', byUid ? 'NONEXISTENT' : 'EXPUNGEISSUED')
    throw error
  })
  await view.refresh()
  // Before the old one is said to have gone. RFC 8508 §4.3.
  session.untagged(`OK [${code}] The new message is there`)
  return ok('REPLACE completed', highestChange(mailbox))
}

export const replaceNumber = command({
  name: 'REPLACE',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => replace(session, args, false),
})

export const replaceUid = command({
  name: 'UID REPLACE',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => replace(session, args, true),
})
