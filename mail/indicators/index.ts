/** The marks of senders (BIMI): which domain publishes one, and whether a certificate authority vouches for it. Shown only where both is so. */
export { publishedIndicator, type Published } from './published.ts'
export { openIndicators, type Indicators } from './verified.ts'
