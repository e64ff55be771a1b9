/**
 * How much an account may send, and how much it has sent: numbers by the hour, nothing else. Writes the table sending;
 * retention destroys.
 */
export { countByScript, type SentByScript } from './by-script.ts'
export { countFailures, countSending, sentLately, type LetterCount, type SentLately } from './count.ts'
export { limitsOf, type SendingLimits } from './growth.ts'
