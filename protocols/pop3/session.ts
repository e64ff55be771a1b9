import { actorOf, type ClientSignedIn } from '#accounts'
import { LineSession, type Entered } from '#protocols/lines'
import { openMaildrop, type Maildrop } from './maildrop/maildrop.ts'
import { Declined } from './reply.ts'

/** RFC 1939 §3. The state UPDATE is QUIT's own. */
export type State = 'authorization' | 'transaction'

interface Who extends Entered {
  maildrop: Maildrop
}

/** One client's dialogue: who it is, and the maildrop as it found it. */
export class Session extends LineSession<Who> {
  /** The address that USER has named. */
  userName: string | undefined

  get state(): State {
    return this.isSignedIn ? 'transaction' : 'authorization'
  }

  /** @throws Declined when the maildrop is open too many times */
  async enter(signedIn: ClientSignedIn): Promise<void> {
    const isIn = await this.letIn(signedIn, '', async () => {
      const { accountId, door, readOnly: isReadOnly } = signedIn
      const account = (await this.context.storage.openAccount(accountId)).as(actorOf(door, 'pop3'))
      return { account, maildrop: await openMaildrop(account), isReadOnly }
    })
    // RFC 2449 §8.1.1.
    if (!isIn) throw new Declined('This maildrop is open too many times', 'IN-USE')
  }

  get maildrop(): Maildrop {
    return this.entered.maildrop
  }

  /** Gives up the maildrop. What was marked stays where it is. */
  override leave(): void {
    if (this.isSignedIn) this.maildrop.close()
    super.leave()
  }
}
