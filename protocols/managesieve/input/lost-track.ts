/** What comes next can no longer be told from what belongs to this: said in these words, and the connection ends. */
export class LostTrack extends Error {
  override name = 'LostTrack'
}
