/**
 * The promises of the design, in the words by which tests are named. A test that carries one fails when the promise is
 * broken; promise-list.ts prints after a run which of them were tried. What has no test yet is still to come.
 */
const PROMISES = {
  1: 'no surveillance and no back door: who signs in for the staff reads no content and no key',
  2: 'nothing is handed directly to authorities outside the operator’s jurisdiction',
  3: 'court requests stand in a public report, and a canary is shown',
  4: 'only these are recorded, for 30 days: address, Message-ID, sender, recipient, subject, browser, country, time',
  5: 'sign-up asks for one external address, for the code and for getting back in',
  6: 'incoming and outgoing mail is checked for spam, viruses and abuse by programs',
  7: 'visitors are counted on the commercial pages only, by the operator’s own Matomo',
  8: 'of a card only brand, last four digits and expiry are kept',
  9: 'every member of staff has signed a confidentiality agreement',
  10: 'what is collected is read for four purposes only, and the person concerned sees it',
  11: 'cookies authenticate, nothing else',
  12: 'nothing goes to third parties, and no profile is made',
  13: 'search is fast because what is kept is indexed',
  14: 'what is deleted can be brought back for 45 days, then it is gone from every system',
  15: 'a closed account can be reopened for 365 days, and is erased 30 days after',
  16: 'consent is recorded by version, and changes are announced',
  17: 'the law that applies, and who runs the service, are named',
} as const

export type PromiseNumber = keyof typeof PROMISES

/** The name of a test that breaks when the promise is broken. */
export const promised = (number: PromiseNumber): string => `Promise ${number}: ${PROMISES[number]}`

export const promiseNumbers = Object.keys(PROMISES).map(Number) as PromiseNumber[]
