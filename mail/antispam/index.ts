/** Whether a letter is one that nobody wants. */
export { openRspamd, type Rspamd } from './rspamd.ts'
