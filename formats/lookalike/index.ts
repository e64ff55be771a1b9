/** Names that look like others: what remains of a domain when all that an eye may overlook is taken away. Text only. */
export { looksOf, suffixesOf } from './looks.ts'
