import { findFolderByRole, openView, type FolderView } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { Declined } from '../reply.ts'

/** The inbox as it is at this moment. @throws Declined where there is none */
export async function openMaildrop(account: OpenAccount): Promise<Maildrop> {
  const inbox = await findFolderByRole(account, MAIL, 'inbox')
  if (inbox === undefined) throw new Declined('There is no inbox', 'SYS/PERM')
  return new Maildrop(await openView(account, MAIL, inbox))
}

/**
 * The inbox as it was at sign-in (RFC 1939 §4): a message keeps its number, its size and its unique id as long as the session
 * lasts, whatever other programs do meanwhile.
 */
export class Maildrop {
  readonly view: FolderView
  /** How many there were. */
  readonly count: number
  /** Those of the moment: the view puts others in their place when something goes. */
  readonly #uids: Uint32Array
  readonly #items: Float64Array
  readonly #sizes: Float64Array
  readonly #uidValidity: number
  /** Indexes of messages that go at QUIT. */
  readonly #marked = new Set<number>()
  #octets = 0

  constructor(view: FolderView) {
    const { rows, uidValidity } = view
    this.view = view
    this.count = rows.length
    this.#uids = rows.uids
    this.#items = rows.items
    this.#sizes = rows.sizes
    this.#uidValidity = uidValidity
    for (let index = 0; index < this.count; index++) this.#octets += this.#sizes[index] as number
  }

  /** How many there are, and their octets, without those that are marked. RFC 1939 §5, STAT. */
  get total(): { count: number; octets: number } {
    return { count: this.count - this.#marked.size, octets: this.#octets }
  }

  /** The index of a message that is not marked. @throws Declined */
  #indexOf(number: number): number {
    if (number < 1 || number > this.count) throw new Declined('There is no message with that number')
    if (this.#marked.has(number - 1)) throw new Declined('That message is deleted')
    return number - 1
  }

  /** The numbers of all messages that are not marked. */
  *numbers(): Generator<number> {
    for (let index = 0; index < this.count; index++) if (!this.#marked.has(index)) yield index + 1
  }

  /** Octets as they are sent, dots apart (RFC 1939 §11): as the message came, with CRLF at the end of its lines. */
  sizeOf(number: number): number {
    return this.#sizes[this.#indexOf(number)] as number
  }

  /** Names a message for ever: what is in the inbox again has another name. RFC 1939 §7, UIDL. */
  uniqueIdOf(number: number): string {
    return `${this.#uidValidity}.${this.#uids[this.#indexOf(number)]}`
  }

  itemOf(number: number): number {
    return this.#items[this.#indexOf(number)] as number
  }

  mark(number: number): void {
    const index = this.#indexOf(number)
    this.#marked.add(index)
    this.#octets -= this.#sizes[index] as number
  }

  unmark(): void {
    for (const index of this.#marked) this.#octets += this.#sizes[index] as number
    this.#marked.clear()
  }

  /** Items that are marked and stand in the inbox as they did. One that was moved away and back has come to stay. */
  async marked(): Promise<number[]> {
    if (this.#marked.size === 0) return []
    await this.view.refresh()
    return [...this.#marked]
      .filter((index) => this.view.rows.indexOf(this.#uids[index] as number) !== -1)
      .map((index) => this.#items[index] as number)
  }

  close(): void {
    this.view.close()
  }
}
