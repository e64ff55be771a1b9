import type { Settings } from '../settings.ts'

/** What a code that was mailed opens, and what is kept for it, sealed, until it is used or its time is over. */
export interface Contents {
  /** An account of one's own. */
  signUp: {
    /** The address outside. */
    external: string
    language: Settings['language']
  }

  /**
   * A new password. For an address that nobody has, or that has no address outside, it opens nothing; the rows look the
   * same, and whoever asks is told the same.
   */
  reset: {
    /** The address that was asked for. */
    asked: string
    /** With the time, in ms, at which the password was set that may be replaced: no later one is. */
    accounts: { accountId: number; passwordSetAt: number }[]
    /** Hash of the address outside that the code went to: who has changed it since is not let in by the old one. */
    recovery: string
  }

  /** Another address outside. */
  recovery: { address: string }
}

export type Purpose = keyof Contents
