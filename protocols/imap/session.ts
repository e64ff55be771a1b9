import { watchDoor, type LineConnection } from '#protocols/lines'
import { actorOf, type ClientSignedIn } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import type { Config, Countries, Log, ServerCertificates } from '#system'
import type { Note } from '#trust/journal'
import type { Wishes } from './notify/wishes.ts'
import type { Budget } from './start.ts'
import { BadCommand } from './input/bad-command.ts'
import { string } from './output/strings.ts'
import { encodeUtf7 } from '#formats/utf7'
import { report } from './selected/report.ts'
import type { Selected } from './selected/selected.ts'

export type State = 'notAuthenticated' | 'authenticated' | 'selected'

/** Extensions that a client switches on (RFC 5161), or by using them. */
export type Enabled = 'CONDSTORE' | 'QRESYNC' | 'UTF8=ACCEPT' | 'IMAP4REV2' | 'UIDONLY'

export interface ImapContext {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  memory: Budget
  countries: Countries
  note: Note
}

/** What a client that listens and takes nothing may let gather, in bytes. */
const MOST_WAITING = 1024 * 1024

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
  /** Of the command that is carried out: some answers name it. */
  tag = ''
  /** Has been told HIGHESTMODSEQ since it said that it follows changes (CONDSTORE). */
  knowsChange = false
  selected: Selected | undefined
  /** Done once the tagged response has left. */
  afterReply: (() => Promise<void>) | undefined
  /** How the program calls itself. */
  clientName: string | undefined
  /** What the client wishes to be told (RFC 5465); undefined as long as it has said nothing. */
  wishes: Wishes | undefined
  /** Whether a command is being carried out, which tells what has happened when it is done. */
  isBusy = false
  /** Whether the client listens to everything (IDLE). */
  isIdle = false
  #telling = Promise.resolve()
  #stopNotifying: (() => void) | undefined
  #account: OpenAccount | undefined
  #signedIn: ClientSignedIn | undefined
  #stopWatching: (() => void) | undefined

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

  /** Lets a client in, as long as what it came in by is good. */
  async enter(signedIn: ClientSignedIn): Promise<void> {
    const account = await this.context.storage.openAccount(signedIn.accountId)
    this.#account = account.as(actorOf(signedIn.door, 'imap'))
    this.#signedIn = signedIn
    this.#stopWatching = watchDoor(this.context, signedIn, () => {
      this.untagged('BYE [EXPIRED] What you signed in with is no longer good')
      this.isOver = true
      this.connection.end()
    })
  }

  /** Nobody is there any more. */
  leave(): void {
    this.stopNotifying()
    this.unselect()
    this.#stopWatching?.()
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
    return this.#signedIn?.readOnly === true
  }

  has(extension: Enabled): boolean {
    return this.enabled.has(extension)
  }

  /** Whether strings may be UTF-8: then mailbox names are. */
  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT') || this.enabled.has('IMAP4REV2')
  }

  /** @param stop  ends the watch over other mailboxes */
  notify(wishes: Wishes, stop: () => void): void {
    this.wishes = wishes
    this.#stopNotifying = stop
  }

  stopNotifying(): void {
    this.#stopNotifying?.()
    this.#stopNotifying = undefined
  }

  /** Something has happened in the selected mailbox: told at once to who listens, and to others with their next command. */
  hearNews(): void {
    const listens = this.isIdle || (!this.isBusy && this.wishes?.selected !== undefined)
    if (!listens) return
    if (this.connection.waitingBytes > MOST_WAITING) return this.connection.destroy()
    const expunges = this.isIdle || this.wishes?.selected?.isDelayed !== true
    this.#telling = this.#telling.then(() => this.report({ expunges })).catch(() => this.connection.destroy())
  }

  /** Resolves when all has been said that was under way. */
  get told(): Promise<void> {
    return this.#telling
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
