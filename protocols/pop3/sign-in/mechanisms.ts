import { BadCommand } from '../input/bad-command.ts'
import { err, type Reply } from '../reply.ts'
import type { Session } from '../session.ts'
import { signIn } from './sign-in.ts'

/** Sends a challenge and gives the response to it. @throws BadCommand when the client gives up or sends no base64 */
export type Ask = (challenge: string) => Promise<Buffer>

type Mechanism = (session: Session, ask: Ask) => Promise<Reply>

/** How one may sign in by AUTH; CAPA announces them in this order. */
export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map([
  ['PLAIN', plain],
  ['LOGIN', login],
])

/** RFC 4616. */
async function plain(session: Session, ask: Ask): Promise<Reply> {
  const [authzid, address, password, ...rest] = (await ask('')).toString().split('\0')
  if (address === undefined || password === undefined || rest.length > 0)
    throw new BadCommand('That is not a PLAIN response')
  // Nobody acts for another.
  if (authzid !== '' && authzid !== address) return err('That is somebody else', 'AUTH')
  return signIn(session, address, password)
}

/** Written down nowhere; two questions. */
async function login(session: Session, ask: Ask): Promise<Reply> {
  const address = (await ask('Username:')).toString()
  return signIn(session, address, (await ask('Password:')).toString())
}
