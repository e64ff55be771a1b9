import { actorOf, type ClientSignedIn } from '#accounts'
import type { concurrent, LineConnection } from '#protocols/lines'
import { watchDoor } from '#protocols/sasl'
import type { OpenAccount, Storage } from '#storage'
import type { Config, Countries, Log, ServerCertificates } from '#system'
import type { Note } from '#trust/journal'
import { BadCommand } from './input/bad-command.ts'
import { openMaildrop, type Maildrop } from './maildrop/maildrop.ts'
import { Declined } from './reply.ts'

/** RFC 1939 §3. The state UPDATE is QUIT's own. */
export type State = 'authorization' | 'transaction'

export interface Pop3Context {
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
  maildrop: Maildrop
  isReadOnly: boolean
}

/** One client's dialogue: who it is, and the maildrop as it found it. */
export class Session {
  readonly context: Pop3Context
  readonly connection: LineConnection
  /** Whether sign-in may be in clear. */
  readonly mayBeClear: boolean
  /** Has said goodbye: nothing more is read. */
  isOver = false
  /** Done once the reply has left. */
  afterReply: (() => Promise<void>) | undefined
  /** The address that USER has named. */
  userName: string | undefined
  #entered: Entered | undefined
  #leave: (() => void) | undefined

  constructor(context: Pop3Context, connection: LineConnection, mayBeClear: boolean) {
    this.context = context
    this.connection = connection
    this.mayBeClear = mayBeClear
  }

  get state(): State {
    return this.#entered === undefined ? 'authorization' : 'transaction'
  }

  /** Whether a password may be sent as things are. */
  get maySignIn(): boolean {
    return this.connection.isSecure || this.mayBeClear
  }

  /** @throws Declined when the maildrop is open too many times */
  async enter(signedIn: ClientSignedIn): Promise<void> {
    const { accountId, readOnly: isReadOnly } = signedIn
    const { sessions, storage } = this.context
    const key = String(accountId)
    // RFC 2449 §8.1.1.
    if (!sessions.enter(key)) throw new Declined('This maildrop is open too many times', 'IN-USE')
    const stopWatching = watchDoor(this.context, signedIn, () => this.connection.destroy())
    this.#leave = () => {
      stopWatching()
      sessions.leave(key)
    }
    try {
      const account = (await storage.openAccount(accountId)).as(actorOf(signedIn.door, 'pop3'))
      this.#entered = { account, maildrop: await openMaildrop(account), isReadOnly }
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

  get maildrop(): Maildrop {
    return this.#there.maildrop
  }

  /** Whether whoever signed in may change nothing. */
  get isReadOnly(): boolean {
    return this.#there.isReadOnly
  }

  /** Gives up the maildrop. What was marked stays where it is. */
  leave(): void {
    this.#entered?.maildrop.close()
    this.#leave?.()
    this.#leave = undefined
  }
}
