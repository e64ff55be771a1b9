/**
 * What a check found in a letter that arrives, by name; what it means for where the letter goes stands in `WEIGHTS`, and how it is said to
 * its owner in the app's texts (`finding.NAME`).
 */
export interface Finding {
  name: FindingName
  /** What the sentence about it names: domains, addresses, names of viruses. Texts of strangers, bounded. */
  values?: Record<string, string>
}

/** Where a letter goes, by what its findings weigh together: `held` waits in quarantine for its owner, `refused` goes back. */
export type Place = 'inbox' | 'junk' | 'held' | 'refused'

/** What was found, and where the letter went for it: kept with the letter, sealed, for its owner to see. */
export interface Verdict {
  place: Place
  findings: readonly Finding[]
}

/** Longest value of a finding: a domain or an address. */
const MOST_VALUE = 320

/**
 * How much each finding speaks for junk, or against it, or where it puts a letter whatever else was found. A letter is junk
 * from `JUNK` on. What no single sign proves is worth less than half of it; what the owner has said outweighs every number.
 */
export const WEIGHTS = {
  senderBlocked: 'refused',
  senderAllowed: -100,
  /** Its owner lets this sender in always, and the domain says that it has not sent this. */
  allowedButForged: 0,

  /** A script of its owner refuses it. Only told. */
  scriptRefused: 'refused',
  /** A script of its owner could not be run to its end with it. Only told. */
  scriptFailed: 0,

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
  /** Where its domain says that its mark is: a place, and nothing that is said to the reader. */
  indicator: 0,
  noReverseName: 1,
  /** Its client is on a list that the operator has chosen. */
  blockListed: 3,
  /** Its domain looks like one hosted here, or one that the reader writes to. */
  looksLikeHosted: 3,
  looksLikeKnown: 3,
  reverseMismatch: 0.5,
  authenticationUnknown: 0,
  tooManySignatures: 1,

  /** A link shows another host than it leads to; a page has a field for a password. */
  linkShowsOther: 2.5,
  asksForPassword: 2.5,
  severalAuthors: 2,
  headerIncomplete: 1,
  dateFarOff: 1,
  onlyPictures: 1,
  subjectShouts: 0.5,
  replyToElsewhere: 1,
  nameShowsOtherAddress: 3,

  /** Its words are surely those of junk, even where it comes from whom it says; resemble them; are surely none. */
  wordsJunk: 6,
  wordsSuspicious: 2.4,
  wordsGood: -1,

  /** A scanner of viruses names it. */
  virus: 'refused',
  /** What runs when it is opened, by its name or its bytes, in archives too. */
  dangerousAttachment: 'held',
  /** Unpacks into more than can be looked at, and was not unpacked. */
  archiveBomb: 'held',
  /** Nested deeper, or of more parts, than any program writes: what lies beyond was not looked at. */
  tooManyParts: 'held',
  encryptedArchive: 2,
  macros: 1.5,
  /** Larger than the scanner of viruses takes. */
  tooLargeToScan: 0,
  /** What rspamd would do with it, by its own limits. */
  rspamdReject: 10,
  rspamdJunk: 5,
  rspamdSuspicious: 2.5,
} as const satisfies Record<string, number | 'held' | 'refused'>

export type FindingName = keyof typeof WEIGHTS

export const JUNK = 5

/** From here on a stranger is asked to bring their letter again. */
export const SUSPICIOUS = 2.5

/** A number for what decides by itself: more than any others together. */
const DECISIVE = 1000

export const weightOf = (name: FindingName): number => {
  const weight: number | string = WEIGHTS[name]
  return typeof weight === 'number' ? weight : DECISIVE
}

/** Weighs what was found. */
export function judge(findings: readonly Finding[]): Verdict {
  return { place: placeOf(findings), findings: findings.map(bounded) }
}

function placeOf(findings: readonly Finding[]): Place {
  const decided = new Set<number | string>(findings.map(({ name }) => WEIGHTS[name]))
  for (const place of ['refused', 'held'] as const) if (decided.has(place)) return place
  return weigh(findings) >= JUNK ? 'junk' : 'inbox'
}

export const weigh = (findings: readonly Finding[]): number =>
  findings.reduce((sum, { name }) => sum + weightOf(name), 0)

const bounded = ({ name, values }: Finding): Finding =>
  values === undefined
    ? { name }
    : {
        name,
        values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.slice(0, MOST_VALUE)])),
      }
