/** Letters after ":2,", each with what JMAP calls it. https://cr.yp.to/proto/maildir.html */
export const FLAGS: Readonly<Record<string, string>> = {
  D: '$draft',
  F: '$flagged',
  P: '$forwarded',
  R: '$answered',
  S: '$seen',
}

export const TRASHED = 'T'

/** Keywords have small letters; their names stand, by number, in a file of the folder (Dovecot). */
export const MOST_KEYWORDS = 26
export const letterOf = (number: number): string => String.fromCharCode(97 + number)
export const numberOf = (letter: string): number => letter.charCodeAt(0) - 97
