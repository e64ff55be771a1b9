/**
 * What a check found in a letter that arrives, by name; what it means for where the letter goes stands in `WEIGHTS`, and how it is said to
 * its owner in the app's texts (`finding.NAME`).
 */
export interface Finding {
  name: FindingName
  /** What the sentence about it names: domains, addresses, names of viruses. Texts of strangers, bounded. */
  values?: Record<string, string>
}

/** Where a letter goes, by what its findings weigh together. */
export type Place = 'inbox' | 'junk'

/** What was found, and where the letter went for it: kept with the letter, sealed, for its owner to see. */
export interface Verdict {
  place: Place
  findings: readonly Finding[]
}

/** Longest value of a finding: a domain or an address. */
const MOST_VALUE = 320

/**
 * How much each finding speaks for junk, or against it. A letter is junk from `JUNK` on. What no single sign proves is worth
 * less than half of it; what the owner has said outweighs everything.
 */
export const WEIGHTS = {
  senderBlocked: 100,

  spfPass: 0,
  spfFail: 2,
  spfSoftFail: 1,
  dkimPass: 0,
  dkimFail: 0.5,
  /** Failing for a domain that asks for nothing, for quarantine, or for rejection. */
  dmarcPass: -1,
  dmarcFail: 1,
  /** Enough even where the words are good: a forger chooses them well. */
  dmarcQuarantine: 6,
  dmarcReject: 8,
  /** Sealed by a forwarder that the operator trusts, and right when it came there. */
  arcTrusted: -8,
  /** Neither SPF nor DKIM nor DMARC says anything for the sender. */
  unauthenticated: 1.5,
  noReverseName: 1,
  reverseMismatch: 0.5,
  authenticationUnknown: 0,
  tooManySignatures: 1,

  replyToElsewhere: 1,
  nameShowsOtherAddress: 3,

  /** Its words are surely those of junk, even where it comes from whom it says; resemble them; are surely none. */
  wordsJunk: 6,
  wordsSuspicious: 2.4,
  wordsGood: -1,
} as const satisfies Record<string, number>

export type FindingName = keyof typeof WEIGHTS

export const JUNK = 5

/** Weighs what was found. */
export function judge(findings: readonly Finding[]): Verdict {
  const weight = findings.reduce((sum, { name }) => sum + WEIGHTS[name], 0)
  return { place: weight >= JUNK ? 'junk' : 'inbox', findings: findings.map(bounded) }
}

const bounded = ({ name, values }: Finding): Finding =>
  values === undefined
    ? { name }
    : {
        name,
        values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.slice(0, MOST_VALUE)])),
      }
