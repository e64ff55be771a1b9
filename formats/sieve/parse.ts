import type { Known } from './arguments.ts'
import { checkCommands } from './check.ts'
import { extensions } from './language/extensions.ts'
import { placesOf } from './places.ts'
import { bounds, SieveError, type Script } from './script.ts'
import { readCommands } from './syntax.ts'

/** NUL (RFC 5228 §8.1), and a CR that ends no line. */
const NO_CHARACTER = /\0|\r(?!\n)/

/**
 * Parses and checks a script whole. `require` is not among the commands: what it named is in `requires`.
 * @param allowed  the extensions that the server offers
 * @throws SieveError
 */
export function parseScript(text: string, allowed: ReadonlySet<string> = extensions): Script {
  if (Buffer.byteLength(text) > bounds.bytes)
    throw new SieveError(`A script may have ${bounds.bytes} bytes at most.`, { line: 1, column: 1 })
  const placeOf = placesOf(text)
  const fail = (at: number, sentence: string): never => {
    throw new SieveError(sentence, placeOf(at))
  }
  const stray = NO_CHARACTER.exec(text)
  if (stray !== null)
    fail(
      stray.index,
      stray[0] === '\0' ? 'A script may have no NUL.' : 'CR may only stand at the end of a line, before LF.',
    )
  const offered = new Set([...allowed].filter((extension) => extensions.has(extension)))
  const known: Known = { allowed: offered, requires: new Set(), set: new Set(), placeOf, fail }
  const commands = checkCommands(readCommands(text, fail), known)
  return { commands, requires: known.requires }
}
