import { networkOf } from '#accounts'
import { Declined, ok, type Reply } from '../reply.ts'
import type { Session } from '../session.ts'

/** Asked before anything that would have a password follow. @throws Declined */
export function refuseInClear(session: Session): void {
  if (!session.maySignIn) throw new Declined('Begin TLS first, with STLS')
}

/** Signs in with address and password: the session is in the state TRANSACTION then. @throws Refusal, Declined */
export async function signIn(session: Session, address: string, password: string): Promise<Reply> {
  const { context, connection } = session
  const network = networkOf(connection.remoteAddress)
  await session.enter(await context.check(context.storage, { address, password, network }))
  return ok('Welcome')
}
