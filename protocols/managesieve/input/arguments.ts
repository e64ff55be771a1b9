import { BadCommand } from '#protocols/lines'
import { isUtf8 } from 'node:buffer'
import { decodeScript } from '#mail/scripts'
import { Refusal } from '#system'

/** A string as it was sent, a number, or in place of a string one that was larger than may be and thrown away. */
export type Argument = Buffer | number | 'tooLarge'

/** Octets of a string that is no script: a name, a tag, a response to a challenge (tokens are long). */
const MOST_STRING = 16 * 1024

/** RFC 5804 §4: of 32 bits. */
const MOST_NUMBER = 2 ** 32 - 1

/** What follows the name of a command, read in the order of the grammar. */
export class Arguments {
  readonly #all: readonly Argument[]
  #at = 0

  constructor(all: readonly Argument[]) {
    this.#all = all
  }

  get isAtEnd(): boolean {
    return this.#at === this.#all.length
  }

  #next(): Argument {
    if (this.isAtEnd) throw new BadCommand('Something is missing')
    return this.#all[this.#at++] as Argument
  }

  string(): string {
    const next = this.#next()
    if (typeof next === 'number') throw new BadCommand('A string is wanted')
    if (next === 'tooLarge' || next.length > MOST_STRING) throw new BadCommand('The string is too long')
    if (!isUtf8(next)) throw new BadCommand('The string is no UTF-8')
    return next.toString()
  }

  /** @throws SieveError for what is no text, Refusal 'tooLarge', 'invalid' */
  script(): string {
    const next = this.#next()
    if (typeof next === 'number') throw new BadCommand('A string is wanted')
    if (next === 'tooLarge') throw new Refusal('tooLarge')
    return decodeScript(next)
  }

  number(): number {
    const next = this.#next()
    if (typeof next !== 'number' || next > MOST_NUMBER) throw new BadCommand('A number of 32 bits is wanted')
    return next
  }

  end(): void {
    if (!this.isAtEnd) throw new BadCommand('There is more than there should be')
  }
}
