import { annotate, createMailbox, emptyMailbox, readAnnotations, updateMailbox } from '#mail'
import type { Transaction } from '#storage'
import { Refusal } from '#system'
import { command, SIGNED_IN } from '../command.ts'
import { oldNameItem, tellMailbox } from '../mailboxes/attributes.ts'
import {
  findMailbox,
  mailboxesByPath,
  normalPath,
  placeFor,
  SEPARATOR,
  withoutSeparator,
  type Mailbox,
} from '../mailboxes/paths.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { Declined, ok } from '../reply.ts'

/**
 * RENAME, also into another mailbox; what is in it goes along. RFC 9051 §6.3.6. It stays the same mailbox: id, UIDs,
 * special use and subscription.
 */
export const rename = command({
  name: 'RENAME',
  states: SIGNED_IN,
  writes: true,

  // rename = "RENAME" SP mailbox SP mailbox
  parse(input, session) {
    const from = readPath(input, session)
    input.space()
    const to = withoutSeparator(normalPath(input.mailbox(), session.utf8))
    input.end()
    return { from, to }
  },

  async run(session, { from, to }) {
    const { account } = session
    const isInbox = await account.write(async (tx) => {
      const known = await mailboxesByPath(account, tx.sql)
      const mailbox = known.get(from)
      if (mailbox === undefined) throw new Declined('There is no such mailbox', 'NONEXISTENT')
      if (known.has(to)) throw new Refusal('exists')
      if (mailbox.role === 'inbox') await emptyInbox(tx, known, mailbox, to)
      else {
        if (to.startsWith(from + SEPARATOR)) throw new Declined('A mailbox cannot lie in itself', 'CANNOT')
        await updateMailbox(tx, mailbox.id, await placeFor(tx, known, to))
      }
      return mailbox.role === 'inbox'
    })
    if (session.has('IMAP4REV2') && !isInbox) {
      const renamed = await findMailbox(account, to)
      tellMailbox(session, renamed, { showsSubscribed: true, extended: [oldNameItem(from)] })
    }
    await session.selected?.view.refresh()
    return ok('RENAME completed')
  },
})

/**
 * The inbox stays, and what is in it goes to a new mailbox; mailboxes in it stay as well. What is noted of it stands in both
 * then (RFC 5464 §4.1).
 */
async function emptyInbox(
  tx: Transaction,
  known: ReadonlyMap<string, Mailbox>,
  inbox: Mailbox,
  to: string,
): Promise<void> {
  const id = await createMailbox(tx, await placeFor(tx, known, to))
  await emptyMailbox(tx, inbox.id, id)
  const noted = (await readAnnotations(tx.account, tx.sql)).get(inbox.id)
  if (noted === undefined) return
  await annotate(tx, id, noted).catch((error: unknown) => {
    // There is no room for them twice: a mailbox is renamed all the same.
    if (!(error instanceof Refusal)) throw error
  })
}
