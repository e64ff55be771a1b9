import { z } from 'zod'
import { givePermit } from '#accounts'
import { FORMATS, pathOfMailbox } from '#transfer'
import { id, orNull } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { exportPath, permitFor } from '../endpoints/transfer.ts'
import { mailboxIds, utcDateOf } from '../mail/ids.ts'

/** The download begins within this time. */
const PERMIT_SECONDS = 300

/** Gives the address of a download, which a link can have: it carries no header that shows where it comes from. docs/jmap-extensions.md. */
const prepare = method({
  name: 'MailExport/prepare',
  args: z.strictObject({ accountId: id, format: z.enum(FORMATS), mailboxId: orNull(id) }),
  async run({ openAccount, context: { storage } }, { accountId, format, mailboxId }) {
    const account = openAccount(accountId)
    const mailbox = mailboxId === null ? undefined : (mailboxIds.numberOf(mailboxId) ?? 0)
    if (mailbox !== undefined && (await pathOfMailbox(account, mailbox)).length === 0)
      throw new MethodError('invalidArguments', 'mailboxId: there is no such mailbox')
    const choice = { format, mailbox }
    const { token, endsAt } = await givePermit(storage, permitFor(account.id, choice), PERMIT_SECONDS)
    return { accountId, path: exportPath(accountId, choice, token), expiresAt: utcDateOf(endsAt) }
  },
})

export const exportMethods = [prepare]
