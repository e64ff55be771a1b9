import { actorOf, addressesOf, type ClientSignedIn } from '#accounts'
import { LineSession, type Entered } from '#protocols/lines'
import { bye, Declined, wireOf } from './output/reply.ts'

/** RFC 5804 §2. */
export type State = 'nonAuthenticated' | 'authenticated'

interface Who extends Entered {
  /** The first address of the account. */
  owner: string
}

/** One client's dialogue, and who it is. */
export class Session extends LineSession<Who> {
  get state(): State {
    return this.isSignedIn ? 'authenticated' : 'nonAuthenticated'
  }

  /** @throws Declined when the account has too many sessions */
  async enter(signedIn: ClientSignedIn): Promise<void> {
    const { storage } = this.context
    const { accountId, readOnly: isReadOnly } = signedIn
    const farewell = wireOf(bye('What you signed in with is no longer good'))
    const isIn = await this.letIn(signedIn, farewell, async () => {
      const account = (await storage.openAccount(accountId)).as(actorOf(signedIn.door, 'managesieve'))
      const [owner = ''] = await addressesOf(storage, accountId)
      return { account, owner, isReadOnly }
    })
    if (!isIn) throw new Declined('This account has too many sessions', 'TRYLATER')
  }

  get owner(): string {
    return this.entered.owner
  }
}
