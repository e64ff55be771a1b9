import { addressesOf } from '#accounts'
import { command, SIGNED_IN, type Command } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { findMailbox } from '../mailboxes/paths.ts'
import { onlyPath, readPath } from '../mailboxes/read-path.ts'
import { KNOWN_RIGHTS, rightsIn, tellRights } from '../mailboxes/rights.ts'
import { string } from '../output/strings.ts'
import { Declined, ok } from '../reply.ts'
import type { Session } from '../session.ts'

const MOST_IDENTIFIER = 1000

/** identifier = astring. RFC 4314 §3: an empty one is none. */
function readIdentifier(input: Input): string {
  input.space()
  const identifier = input.astring()
  if (identifier === '' || identifier.length > MOST_IDENTIFIER) throw new BadCommand('That names nobody')
  return identifier
}

/** The one name that somebody has in access control lists: the main address. */
async function ownerOf({ context, account }: Session): Promise<string> {
  const [address = ''] = await addressesOf(context.storage, account.id)
  return address
}

/** MYRIGHTS. RFC 4314 §3.5. */
export const myRights = command({
  name: 'MYRIGHTS',
  states: SIGNED_IN,
  parse: onlyPath,
  async run(session, { path }) {
    tellRights(session, await findMailbox(session.account, path))
    return ok('MYRIGHTS completed')
  },
})

/** GETACL: the owner, and nobody else as long as nothing is shared. RFC 4314 §3.3. */
export const getAcl = command({
  name: 'GETACL',
  states: SIGNED_IN,
  parse: onlyPath,
  async run(session, { path }) {
    const mailbox = await findMailbox(session.account, path)
    const owner = string(await ownerOf(session), session.utf8)
    session.untagged(`ACL ${session.nameOf(mailbox.path)} ${owner} ${rightsIn(mailbox)}`)
    return ok('GETACL completed')
  },
})

/** LISTRIGHTS: the owner always has all rights, and nobody else can be given any. RFC 4314 §3.4. */
export const listRights = command({
  name: 'LISTRIGHTS',
  states: SIGNED_IN,
  parse(input, session) {
    const path = readPath(input, session)
    const identifier = readIdentifier(input)
    input.end()
    return { path, identifier }
  },
  async run(session, { path, identifier }) {
    const mailbox = await findMailbox(session.account, path)
    const isOwner = identifier.toLowerCase() === (await ownerOf(session)).toLowerCase()
    // §3.7: the identifier as it was given.
    const whose = string(identifier, session.utf8)
    session.untagged(`LISTRIGHTS ${session.nameOf(mailbox.path)} ${whose} ${isOwner ? rightsIn(mailbox) : '""'}`)
    return ok('LISTRIGHTS completed')
  },
})

/** mod-rights = astring: perhaps a sign, then rights, all of which there are (§3.1). */
function readRights(input: Input): void {
  input.space()
  const rights = input.astring().replace(/^[+-]/, '')
  if ([...rights].some((right) => !KNOWN_RIGHTS.includes(right))) throw new BadCommand('There is no such right')
}

/** SETACL and DELETEACL. RFC 4314 §3.1, §3.2. */
const refused = (name: string, readRest: (input: Input) => void): Command =>
  command({
    name,
    states: SIGNED_IN,
    writes: true,
    parse(input, session) {
      const path = readPath(input, session)
      readIdentifier(input)
      readRest(input)
      input.end()
      return { path }
    },
    async run(session, { path }) {
      await findMailbox(session.account, path)
      throw new Declined('Mailboxes are not shared here yet: nobody else can be given rights', 'NOPERM')
    },
  })

export const setAcl = refused('SETACL', readRights)
export const deleteAcl = refused('DELETEACL', () => undefined)
