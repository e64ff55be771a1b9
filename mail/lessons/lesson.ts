/** A letter that has changed, as far as it says what its owner thinks of it. */
export interface Touched {
  /** Whether it came to Junk since it was last looked at, other than by its arrival. */
  cameToJunk: boolean
  /** Whether it left Junk since. */
  leftJunk: boolean
  /** Whether it is in a folder that is neither Junk nor Trash. */
  isElsewhere: boolean
  isAnswered: boolean
  /** What its keywords say; null when nothing, or both. */
  said: boolean | null
}

/** What was learnt of it before. */
export interface Known {
  isJunk: boolean
  /** What its keywords said when that was last looked at. */
  said: boolean | null
}

/** Why a letter is taken for junk (true) or good (false), the strongest reason first; what gives no answer asks the next. */
const REASONS: readonly ((letter: Touched, known: Known | undefined) => boolean | undefined)[] = [
  // A keyword that stood there before was heard then.
  ({ said }, known) => (said === null || said === known?.said ? undefined : said),
  ({ cameToJunk }) => (cameToJunk ? true : undefined),
  ({ leftJunk, isElsewhere }) => (leftJunk && isElsewhere ? false : undefined),
  // Who answers a letter wants it. Weaker than anything that was said.
  ({ isAnswered, isElsewhere }, known) => (known === undefined && isAnswered && isElsewhere ? false : undefined),
]

/** As what a letter is to be learnt; undefined when what happened to it says nothing new. */
export function lessonOf(letter: Touched, known: Known | undefined): boolean | undefined {
  for (const reason of REASONS) {
    const isJunk = reason(letter, known)
    if (isJunk !== undefined) return isJunk === known?.isJunk ? undefined : isJunk
  }
  return undefined
}
