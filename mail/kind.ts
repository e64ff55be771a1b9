/** What mail is called in the store. */
export const MAIL = 'mail'
