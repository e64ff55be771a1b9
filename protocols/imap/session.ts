import type { LineConnection } from '#protocols/lines'
import type { SignedIn } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import type { Certificate, Config, Log } from '#system'
import type { Budget } from './start.ts'
import { BadCommand } from './input/bad-command.ts'
import { string } from './output/strings.ts'
import { encodeUtf7 } from './output/mailbox-name.ts'
import { report } from './selected/report.ts'
import type { Selected } from './selected/selected.ts'

export type State = 'notAuthenticated' | 'authenticated' | 'selected'

/** Extensions that a client switches on (RFC 5161), or by using them. */
export type Enabled = 'CONDSTORE' | 'QRESYNC' | 'UTF8=ACCEPT' | 'IMAP4REV2' | 'UIDONLY'

export interface ImapContext {
  config: Config
  storage: Storage
  log: Log
  certificate: Certificate
  memory: Budget
}

/** One client's dialogue: who it is, what it looks at, what it has enabled. */
export class Session {
  readonly context: ImapContext
  readonly connection: LineConnection
  readonly enabled = new Set<Enabled>()
  /** Whether sign-in may be in clear. */
  readonly mayBeClear: boolean
  /** Has said goodbye: nothing more is read. */
  isOver = false
  isCompressed = false
  /** Has been told HIGHESTMODSEQ since it said that it follows changes (CONDSTORE). */
  knowsChange = false
  selected: Selected | undefined
  /** Done once the tagged response has left. */
  afterReply: (() => Promise<void>) | undefined
  /** How the program calls itself. */
  clientName: string | undefined
  /** Called when something has happened in the selected mailbox, while the client listens (IDLE). */
  onNews: (() => void) | undefined
  #account: OpenAccount | undefined
  #signedIn: SignedIn | undefined

  constructor(context: ImapContext, connection: LineConnection, mayBeClear: boolean) {
    this.context = context
    this.connection = connection
    this.mayBeClear = mayBeClear
  }

  get state(): State {
    if (this.#account === undefined) return 'notAuthenticated'
    return this.selected === undefined ? 'authenticated' : 'selected'
  }

  get account(): OpenAccount {
    if (this.#account === undefined) throw new BadCommand('Sign in first')
    return this.#account
  }

  get signedIn(): SignedIn | undefined {
    return this.#signedIn
  }

  async enter(signedIn: SignedIn): Promise<void> {
    this.#account = await this.context.storage.openAccount(signedIn.accountId)
    this.#signedIn = signedIn
  }

  /** The mailbox that is selected; commands that need one come in that state only. */
  get mailbox(): Selected {
    if (this.selected === undefined) throw new BadCommand('Select a mailbox first')
    return this.selected
  }

  unselect(): void {
    this.selected?.close()
    this.selected = undefined
  }

  /** Whether whoever signed in may change nothing. */
  get isReadOnly(): boolean {
    return false
  }

  has(extension: Enabled): boolean {
    return this.enabled.has(extension)
  }

  /** Whether strings may be UTF-8: then mailbox names are. */
  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT') || this.enabled.has('IMAP4REV2')
  }

  untagged(text: string): void {
    this.connection.write(`* ${text}\r\n`)
  }

  /** A mailbox name as it stands in a response. */
  nameOf(path: string): string {
    return this.utf8 ? string(path, true) : string(encodeUtf7(path))
  }

  /** Tells what has happened in the selected mailbox. */
  report(options: { expunges: boolean }): Promise<void> {
    return this.selected === undefined ? Promise.resolve() : report(this, this.selected, options)
  }
}
