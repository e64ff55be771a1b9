import { updateMailbox } from '#mail'
import { command, SIGNED_IN, type Command } from '../command.ts'
import { mailboxesByPath } from '../mailboxes/paths.ts'
import { onlyPath } from '../mailboxes/read-path.ts'
import { Declined, ok } from '../reply.ts'

/**
 * SUBSCRIBE and UNSUBSCRIBE. RFC 9051 §6.3.7, §6.3.8. Being subscribed is a property of the mailbox, as in JMAP, and goes
 * with it: only to what is there can somebody subscribe, as the RFC allows, and what is not there is not subscribed.
 */
const subscription = (name: string, isSubscribed: boolean): Command =>
  command({
    name,
    states: SIGNED_IN,
    writes: true,

    // subscribe = "SUBSCRIBE" SP mailbox
    parse: onlyPath,

    async run(session, { path }) {
      const { account } = session
      const mailbox = (await mailboxesByPath(account)).get(path)
      if (mailbox === undefined && isSubscribed) throw new Declined('There is no such mailbox', 'NONEXISTENT')
      if (mailbox !== undefined && mailbox.isSubscribed !== isSubscribed)
        await account.write((tx) => updateMailbox(tx, mailbox.id, { isSubscribed }))
      return ok(`${name} completed`)
    },
  })

export const subscribe = subscription('SUBSCRIBE', true)
export const unsubscribe = subscription('UNSUBSCRIBE', false)
