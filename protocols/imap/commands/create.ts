import { createMailbox, roleOfSpecialUse } from '#mail'
import { Refusal } from '#system'
import { command, SIGNED_IN } from '../command.ts'
import { mailboxIdOf } from '../ids.ts'
import type { Input } from '../input/input.ts'
import { BadCommand } from '../input/bad-command.ts'
import { oldNameItem, tellMailbox } from '../mailboxes/attributes.ts'
import { findMailbox, givenPath, mailboxesByPath, placeFor, withoutSeparator } from '../mailboxes/paths.ts'
import { Declined, ok } from '../reply.ts'

/** CREATE makes a mailbox and the parents it lacks. RFC 9051 §6.3.4. */
export const create = command({
  name: 'CREATE',
  states: SIGNED_IN,
  writes: true,

  // create = "CREATE" SP mailbox [create-params]
  parse(input, session) {
    input.space()
    const { path, oldName } = givenPath(input.mailbox(), session.utf8)
    const uses = input.accept(' ') ? input.group(() => readUses(input)) : []
    input.end()
    return { path: withoutSeparator(path), oldName, uses }
  },

  async run(session, { path, oldName, uses }) {
    const { account } = session
    const role = wantedRole(uses)
    const id = await account.write(async (tx) => {
      const known = await mailboxesByPath(account, tx.sql)
      if (known.has(path)) throw new Refusal('exists')
      const place = await placeFor(tx, known, path)
      return createMailbox(tx, { ...place, role }).catch(noSuchUse)
    })
    // It is not called as it was asked for.
    if (oldName !== undefined && session.has('IMAP4REV2')) {
      const made = await findMailbox(account, path)
      tellMailbox(session, made, { showsSubscribed: true, extended: [oldNameItem(oldName)] })
    }
    // RFC 8474 §4.1.
    return ok('CREATE completed', `MAILBOXID (${mailboxIdOf(id)})`)
  },
})

/** use-attr list: "USE" SP "(" [use-attr *(SP use-attr)] ")". RFC 6154 §6. */
function readUses(input: Input): string[] {
  if (input.word() !== 'USE') throw new BadCommand('There is no such parameter')
  input.space()
  return input.list(() => input.flag())
}

function wantedRole(uses: readonly string[]): string | undefined {
  const roles = new Set(uses.map(roleOfSpecialUse))
  // RFC 6154 §3: a use that cannot be had, or not together with the others, is refused as a whole.
  if (roles.size > 1 || roles.has(undefined)) throw new Declined('A mailbox cannot be made for that use', 'USEATTR')
  return [...roles][0]
}

function noSuchUse(error: unknown): never {
  if (error instanceof Refusal && error.reason === 'exists' && error.fields.includes('role'))
    throw new Declined('There is another mailbox for that use', 'USEATTR')
  throw error
}
