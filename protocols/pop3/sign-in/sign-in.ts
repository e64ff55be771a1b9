import { BadCommand } from '#protocols/lines'
import { networkOf, type ClientSignedIn } from '#accounts'
import { SaslFault, type SignInBy } from '#protocols/sasl'
import { Refusal } from '#system'
import { Declined, err, ok, type Reply } from '../reply.ts'
import type { Session } from '../session.ts'

/** Asked before anything that would have a password follow. @throws Declined */
export function refuseInClear(session: Session): void {
  if (!session.maySignIn) throw new Declined('Begin TLS first, with STLS')
}

/** Lets a client in: the session is in the state TRANSACTION then. @throws Refusal, Declined, BadCommand */
export async function enter(session: Session, exchange: (by: SignInBy) => Promise<ClientSignedIn>): Promise<Reply> {
  const { context, connection } = session
  try {
    await session.enter(
      await exchange({
        storage: context.storage,
        network: networkOf(connection.remoteAddress),
        scope: 'mail',
        ip: connection.remoteAddress,
        note: context.note,
        protocol: 'pop3',
        client: { country: await context.countries.find(connection.remoteAddress) },
      }),
    )
  } catch (error) {
    if (error instanceof SaslFault) throw new BadCommand(error.message)
    if (error instanceof Refusal && error.reason === 'forbidden') return err('That is not for this', 'AUTH')
    throw error
  }
  return ok('Welcome')
}
