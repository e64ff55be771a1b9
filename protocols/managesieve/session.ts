import { actorOf, addressesOf, type ClientSignedIn } from '#accounts'
import type { concurrent, LineConnection } from '#protocols/lines'
import { watchDoor } from '#protocols/sasl'
import type { OpenAccount, Storage } from '#storage'
import type { Config, Countries, Log, ServerCertificates } from '#system'
import type { Note } from '#trust/journal'
import { BadCommand } from './input/bad-command.ts'
import { Declined } from './output/reply.ts'

/** RFC 5804 §2. */
export type State = 'nonAuthenticated' | 'authenticated'

export interface ManageSieveContext {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  countries: Countries
  note: Note
  /** Sessions per account. */
  sessions: ReturnType<typeof concurrent>
}

interface Entered {
  account: OpenAccount
  /** The first address of the account. */
  owner: string
  isReadOnly: boolean
}

/** One client's dialogue, and who it is. */
export class Session {
  readonly context: ManageSieveContext
  readonly connection: LineConnection
  /** Whether sign-in may be in clear. */
  readonly mayBeClear: boolean
  /** Has said goodbye: nothing more is read. */
  isOver = false
  /** Done once the reply has left. */
  afterReply: (() => Promise<void>) | undefined
  #entered: Entered | undefined
  #leave: (() => void) | undefined

  constructor(context: ManageSieveContext, connection: LineConnection, mayBeClear: boolean) {
    this.context = context
    this.connection = connection
    this.mayBeClear = mayBeClear
  }

  get state(): State {
    return this.#entered === undefined ? 'nonAuthenticated' : 'authenticated'
  }

  /** Whether a password may be sent as things are. */
  get maySignIn(): boolean {
    return this.connection.isSecure || this.mayBeClear
  }

  /** @throws Declined when the account has too many sessions */
  async enter(signedIn: ClientSignedIn): Promise<void> {
    const { accountId, readOnly: isReadOnly } = signedIn
    const { sessions, storage } = this.context
    const key = String(accountId)
    if (!sessions.enter(key)) throw new Declined('This account has too many sessions', 'TRYLATER')
    const stopWatching = watchDoor(this.context, signedIn, () => this.connection.destroy())
    this.#leave = () => {
      stopWatching()
      sessions.leave(key)
    }
    try {
      const account = (await storage.openAccount(accountId)).as(actorOf(signedIn.door, 'managesieve'))
      const [owner = ''] = await addressesOf(storage, accountId)
      this.#entered = { account, owner, isReadOnly }
    } catch (error) {
      this.leave()
      throw error
    }
  }

  get #there(): Entered {
    if (this.#entered === undefined) throw new BadCommand('Sign in first')
    return this.#entered
  }

  get account(): OpenAccount {
    return this.#there.account
  }

  get owner(): string {
    return this.#there.owner
  }

  /** Whether whoever signed in may change nothing. */
  get isReadOnly(): boolean {
    return this.#there.isReadOnly
  }

  leave(): void {
    this.#entered = undefined
    this.#leave?.()
    this.#leave = undefined
  }
}
