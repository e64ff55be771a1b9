/** The command is none, or not in this state: answered in these words, never with what was sent. */
export class BadCommand extends Error {
  override name = 'BadCommand'
}
