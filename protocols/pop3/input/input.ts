import { BadCommand } from '#protocols/lines'

const WORD = /[\x21-\x7e]+/y
/** No maildrop has more messages, and no message more lines. */
const NUMBER = /\d{1,10}/y

/** What follows the name of a command, read in the order of the grammar. RFC 2449 §3. */
export class Input {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  accept(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  space(): void {
    if (!this.accept(' ')) throw new BadCommand('Something is missing')
  }

  #match(pattern: RegExp, wanted: string): string {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) throw new BadCommand(wanted)
    this.#at += found.length
    return found
  }

  word(): string {
    return this.#match(WORD, 'A word is wanted')
  }

  number(): number {
    return Number(this.#match(NUMBER, 'A number is wanted'))
  }

  /** All that is left, spaces too. */
  rest(): string {
    const rest = this.#text.slice(this.#at)
    if (rest === '') throw new BadCommand('Something is missing')
    this.#at = this.#text.length
    return rest
  }

  /** Whether nothing is left but spaces, which some clients leave behind a name. */
  get isAtEnd(): boolean {
    return /^ *$/.test(this.#text.slice(this.#at))
  }

  end(): void {
    if (!this.isAtEnd) throw new BadCommand('There is more than there should be')
  }
}
