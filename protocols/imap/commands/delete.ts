import { removeMailbox } from '#mail'
import { command, SIGNED_IN } from '../command.ts'
import { findMailbox } from '../mailboxes/paths.ts'
import { onlyPath } from '../mailboxes/read-path.ts'
import { Declined, ok } from '../reply.ts'

/**
 * DELETE. RFC 9051 §6.3.5. The messages in it are deleted with it: restorable, like everything deleted. What has
 * mailboxes in it is not deleted, for there are no names here without a mailbox (`\Noselect`).
 */
export const deleteMailbox = command({
  name: 'DELETE',
  states: SIGNED_IN,
  writes: true,

  // delete = "DELETE" SP mailbox
  parse: onlyPath,

  async run(session, { path }) {
    const { account } = session
    const id = await account.write(async (tx) => {
      const mailbox = await findMailbox(account, path, undefined, tx.sql)
      if (mailbox.role === 'inbox') throw new Declined('The inbox stays', 'CANNOT')
      await removeMailbox(tx, mailbox.id, true)
      return mailbox.id
    })
    // Whoever deletes what it has selected has left it; others are told (RFC 2180 §3.3).
    if (session.selected?.view.folderId === id) {
      session.unselect()
      session.untagged('OK [CLOSED] The mailbox was deleted')
    }
    return ok('DELETE completed')
  },
})
