/** The command is none, or not in this state: answered in these words, never with what was sent. */
export class BadCommand extends Error {
  override name = 'BadCommand'
}

/** What comes next can no longer be told from what belongs to this: said in these words, and the connection ends. */
export class LostTrack extends Error {
  override name = 'LostTrack'
}
