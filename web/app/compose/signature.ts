import type { Identity } from '../jmap/types.ts'
import { plainToHtml } from './quoted.ts'
import { signatureClass } from './styles.ts'

/** The line above a signature (RFC 3676 §4.3). */
const line = '-- '

/** What stands below a letter of this identity, as HTML that has still to be cleaned; '' for none. */
export function htmlSignature(identity: Identity | undefined): string {
  if (!identity) return ''
  return (
    identity.htmlSignature.trim() || (identity.textSignature.trim() ? plainToHtml(identity.textSignature.trim()) : '')
  )
}

/** An empty letter of this identity, as HTML. */
export function emptyHtml(identity: Identity | undefined): string {
  const signature = htmlSignature(identity)
  return `<div><br></div>${signature ? `<div><br></div><div class="${signatureClass}">${signature}</div>` : ''}`
}

/** An empty letter of this identity, as plain text. */
export function emptyText(identity: Identity | undefined): string {
  const signature = identity?.textSignature.trim()
  return signature ? `\n\n${line}\n${signature}` : ''
}

/** The plain text with the signature of another identity in place of the one it had, or below it when it had none. */
export function exchangeText(text: string, from: Identity | undefined, to: Identity | undefined): string {
  const old = emptyText(from).trim()
  const at = old ? text.lastIndexOf(old) : -1
  const rest = at < 0 ? text : text.slice(0, at) + text.slice(at + old.length)
  const own = rest.trimEnd()
  const signature = emptyText(to).trim()
  return signature ? `${own}\n\n${signature}` : own
}
