import type { ClientSignedIn } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import type { Config, Countries, Log, ServerCertificates } from '#system'
import type { Note } from '#trust/journal'
import { BadCommand } from './bad-command.ts'
import type { LineConnection } from './connection.ts'
import { watchDoor } from './door.ts'
import type { concurrent } from './limits.ts'

/** What the sessions of one protocol work with. */
export interface SessionContext {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  countries: Countries
  note: Note
  /** Sessions per account. */
  sessions: ReturnType<typeof concurrent>
}

/** Who has come in. */
export interface Entered {
  account: OpenAccount
  /** Whether whoever signed in may change nothing. */
  isReadOnly: boolean
}

/** One client's connection, and who it is: what dialogues that `keepDialogue` keeps have in common. */
export class LineSession<Who extends Entered = Entered> {
  readonly context: SessionContext
  readonly connection: LineConnection
  /** Whether sign-in may be in clear. */
  readonly mayBeClear: boolean
  /** Has said goodbye: nothing more is read. */
  isOver = false
  /** Done once the reply has left. */
  afterReply: (() => Promise<void>) | undefined
  #entered: Who | undefined
  #leave: (() => void) | undefined

  constructor(context: SessionContext, connection: LineConnection) {
    this.context = context
    this.connection = connection
    this.mayBeClear = context.config.cleartextOnLoopback && connection.isLocal
  }

  get isSignedIn(): boolean {
    return this.#entered !== undefined
  }

  /** Whether a password may be sent as things are. */
  get maySignIn(): boolean {
    return this.connection.isSecure || this.mayBeClear
  }

  /** @throws BadCommand when nobody has */
  protected get entered(): Who {
    if (this.#entered === undefined) throw new BadCommand('Sign in first')
    return this.#entered
  }

  get account(): OpenAccount {
    return this.entered.account
  }

  get isReadOnly(): boolean {
    return this.entered.isReadOnly
  }

  /**
   * Lets a client in, as long as what it came in by is good.
   * @param farewell  what is said when that is no more, or ''
   * @returns false when the account has too many sessions
   */
  protected async letIn(signedIn: ClientSignedIn, farewell: string, open: () => Promise<Who>): Promise<boolean> {
    const { sessions } = this.context
    const key = String(signedIn.accountId)
    if (!sessions.enter(key)) return false
    const stopWatching = watchDoor(this.context, signedIn, () => this.connection.part(farewell))
    this.#leave = () => {
      stopWatching()
      sessions.leave(key)
    }
    try {
      this.#entered = await open()
      return true
    } catch (error) {
      this.leave()
      throw error
    }
  }

  leave(): void {
    this.#entered = undefined
    this.#leave?.()
    this.#leave = undefined
  }
}
