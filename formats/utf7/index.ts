/** Modified UTF-7 (RFC 3501 §5.1.3): names of mailboxes in IMAP4rev1, and in the folders of a Maildir. */
export { decodeUtf7, encodeUtf7 } from './utf7.ts'
